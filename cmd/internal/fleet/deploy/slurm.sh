#!/bin/bash
#SBATCH --job-name=portverdict-fleet
#SBATCH --array=0-3
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
# sbatch --export=ALL,BUNDLES=/nfs/tickets,LAKE=/nfs/lake slurm.sh
#
# One task a shard; a task that is killed asks to be queued again, three times at most:
# Slurm itself runs a killed task anew only when its node failed. What the task had
# committed is not done again.
set -u

# The number of shards is a constant: with --array=1,3 to repeat two tasks, the count
# that Slurm tells is 2, and every bundle would fall into another shard.
SHARDS=4

# Exit 6 says that some bundles could not be analysed, which the tables tell.
"${PORTVERDICT:-portverdict}" fleet "$BUNDLES" --out "$LAKE" --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" --tolerate-failures &
wait $!
code=$?

if [ "$code" -ge 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
  sleep 60 # until Slurm ends this script
fi
exit "$code"
