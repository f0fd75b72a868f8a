# Collects what portverdict reads, for a machine that may have run out of ports.
# For Windows PowerShell 3 and later, and PowerShell 7; collect.cmd is for older systems.
# It changes nothing but for the trace, which it asks for first. Run it elevated:
#   powershell -NoProfile -ExecutionPolicy Bypass -File collect.ps1
# -NoTrace never asks and records no trace; -Minutes and -TraceMB say how long and how large
# a trace may become; -OutDir is the folder for the zip.
param(
    [switch]$NoTrace,
    [int]$Minutes = 5,
    [int]$TraceMB = 512,
    [string]$OutDir = ''
)

if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Host 'This machine allows constrained scripts only. Please run collect.cmd instead.'
    exit 1
}
if (Test-Path "$env:SystemRoot\Sysnative") {
    Write-Host 'This is a 32-bit PowerShell on 64-bit Windows. Please start the 64-bit one.'
    exit 1
}
if ($OutDir -eq '') {
    $OutDir = Split-Path -Parent $MyInvocation.MyCommand.Path
}
$Minutes = [Math]::Max($Minutes, 3)
$TraceMB = [Math]::Max($TraceMB, 16)

$name = 'portverdict-' + $env:COMPUTERNAME + '-' + (Get-Date -Format 'yyyyMMdd-HHmmss')
# A local folder: cmd.exe cannot work in one of the network.
$work = Join-Path $env:TEMP $name
New-Item -ItemType Directory -Path $work | Out-Null
Push-Location $work

function Get-Stamp {
    Get-Date -Format 'o'
}

function Add-Line([string]$text) {
    $text | Out-File -FilePath manifest.txt -Append -Encoding UTF8
}

function Add-Run([string]$file, [string]$command, [string]$began, [int]$code) {
    Add-Line "file: $file"
    Add-Line "command: $command"
    Add-Line "began: $began"
    Add-Line ('ended: ' + (Get-Stamp))
    Add-Line "exit: $code"
    Add-Line ''
}

# Runs a command of Windows. Its output goes to the file as it is: PowerShell would
# decode and encode it anew. The time stands above it.
function Save-Command([string]$file, [string]$command) {
    Write-Host "  $command"
    $began = Get-Stamp
    if ($file.EndsWith('.txt')) {
        $began | Out-File -FilePath $file -Append -Encoding ASCII
        $command | Out-File -FilePath $file -Append -Encoding ASCII
        & cmd.exe /d /c "$command >> $file 2>&1"
    } else {
        & cmd.exe /d /c "$command > nul 2>&1"
    }
    Add-Run $file $command $began $LASTEXITCODE
}

# Runs a piece of PowerShell and saves what it gives as CSV, with the time above it.
function Save-Objects([string]$file, [string]$command, [scriptblock]$block) {
    Write-Host "  $command"
    $began = Get-Stamp
    $began | Out-File -FilePath $file -Encoding UTF8
    $code = 0
    try {
        & $block | ConvertTo-Csv -NoTypeInformation | Out-File -FilePath $file -Append -Encoding UTF8
    } catch {
        $code = 1
        $_.Exception.Message | Out-File -FilePath $file -Append -Encoding UTF8
    }
    Add-Run $file $command $began $code
}

function Test-Command([string]$command) {
    $null -ne (Get-Command $command -ErrorAction SilentlyContinue)
}

function Save-Ports([int]$number) {
    Save-Command "ports-$number.txt" 'netstat -anoq'
    if (-not (Select-String -Path "ports-$number.txt" -Pattern 'TCP' -SimpleMatch -Quiet)) {
        # Windows before 10 and Server 2016 does not know -q.
        Save-Command "ports-$number.txt" 'netstat -ano'
    }
    if (Test-Command 'Get-NetTCPConnection') {
        Save-Objects "connections-$number.txt" 'Get-NetTCPConnection' {
            Get-NetTCPConnection -ErrorAction Stop |
                Select-Object 'LocalAddress', 'LocalPort', 'RemoteAddress', 'RemotePort', 'State', 'OwningProcess'
        }
        Save-Objects "endpoints-$number.txt" 'Get-NetUDPEndpoint' {
            Get-NetUDPEndpoint -ErrorAction Stop | Select-Object 'LocalAddress', 'LocalPort', 'OwningProcess'
        }
    }
}

function Get-DriverFile([string]$path) {
    $path = $path -replace '^\\\?\?\\', ''
    $path = $path -replace '^\\SystemRoot\\', "$env:SystemRoot\"
    if ($path -match '^system32\\') {
        $path = "$env:SystemRoot\$path"
    }
    $path
}

function Get-Drivers {
    Get-CimInstance -ClassName Win32_SystemDriver | ForEach-Object {
        $file = Get-DriverFile ([string]$_.PathName)
        $version = ''
        $company = ''
        if ($file -ne '' -and (Test-Path -LiteralPath $file)) {
            $info = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($file)
            $version = $info.FileVersion
            $company = $info.CompanyName
        }
        New-Object PSObject -Property @{
            Name = $_.Name
            DisplayName = $_.DisplayName
            PathName = $file
            State = $_.State
            FileVersion = $version
            CompanyName = $company
        } | Select-Object 'Name', 'DisplayName', 'PathName', 'State', 'FileVersion', 'CompanyName'
    }
}

# Starts a trace in a ring of a stated size; false where it cannot. Windows has room for
# one: where another is running the start fails, and that one is left alone.
function Start-PortTrace {
    $start = 'netsh trace start scenario=netconnection capture=no filemode=circular'
    $start = "$start maxsize=$TraceMB tracefile=`"$work\portverdict.etl`""
    Save-Command 'trace-start.txt' "$start report=disabled"
    if ($LASTEXITCODE -ne 0) {
        # Older systems do not know report=disabled.
        Save-Command 'trace-start.txt' $start
    }
    $LASTEXITCODE -eq 0
}

# Stops the trace that was started here, and no other.
function Stop-PortTrace {
    Save-Command 'trace-status.txt' 'netsh trace show status'
    $status = Get-Content 'trace-status.txt' | Out-String
    if ($status -match '\.etl' -and -not $status.Contains('portverdict.etl')) {
        Write-Host 'Another trace is running now: it is left alone.'
        return
    }
    Write-Host 'Stopping the trace. This can take some minutes.'
    Save-Command 'trace-stop.txt' 'netsh trace stop'
}

$identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
$principal = New-Object System.Security.Principal.WindowsPrincipal($identity)
$elevated = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
if (-not $elevated) {
    Write-Host 'Not elevated: the trace, the event logs and the names of programs will be missing.'
    Write-Host 'Better: start PowerShell as administrator and run this again.'
}

$system = Get-CimInstance -ClassName Win32_OperatingSystem
Add-Line 'portverdict collection 1'
Add-Line "host: $env:COMPUTERNAME"
Add-Line ('zone: ' + [System.TimeZoneInfo]::Local.Id)
if ($null -ne $system) {
    Add-Line ('windows: ' + $system.Version)
    Add-Line ('boot: ' + $system.LastBootUpTime.ToString('o'))
}
Add-Line ('began: ' + (Get-Stamp))
Add-Line ('elevated: ' + $elevated)
Add-Line ('by: collect.ps1 in PowerShell ' + $PSVersionTable.PSVersion)
Add-Line ''

$tracing = $false
try {
    if ($elevated -and -not $NoTrace) {
        Write-Host "A trace shows who asks for ports and who is refused. It takes $Minutes minutes and"
        Write-Host "at most $TraceMB MB (a ring). It holds process names and addresses, no contents of packets."
        $answer = Read-Host 'Record a trace now? (y/n)'
        if ($answer -match '^[yY]') {
            $tracing = Start-PortTrace
            if (-not $tracing) {
                Write-Host 'The trace could not be started (see trace-start.txt): going on without it.'
            }
        }
    }
    $until = (Get-Date).AddMinutes($Minutes)

    Write-Host 'Saving port tables, three times, a minute apart:'
    foreach ($number in 1..3) {
        Save-Ports $number
        if ($number -lt 3) {
            Start-Sleep -Seconds 60
        }
    }
    if ($tracing) {
        $left = ($until - (Get-Date)).TotalSeconds
        if ($left -gt 0) {
            Write-Host "The trace goes on for $([int]$left) seconds."
            Start-Sleep -Seconds ([int]$left)
        }
    }
} finally {
    if ($tracing) {
        Stop-PortTrace
    }
}

Write-Host 'Saving settings, processes and drivers:'
foreach ($family in 'ipv4', 'ipv6') {
    foreach ($protocol in 'tcp', 'udp') {
        Save-Command 'ranges.txt' "netsh int $family show dynamicport $protocol"
        Save-Command 'ranges.txt' "netsh int $family show excludedportrange protocol=$protocol"
    }
}
$services = 'HKLM\SYSTEM\CurrentControlSet\Services'
Save-Command 'registry.txt' "reg query $services\Tcpip\Parameters"
Save-Command 'registry.txt' "reg query $services\Tcpip6\Parameters"
Save-Command 'registry.txt' 'reg query HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation'
Save-Command 'tasklist.txt' 'tasklist /svc'
Save-Objects 'processes.txt' 'Get-Process' {
    Get-Process | Select-Object 'Id', 'ProcessName', 'Handles', 'Path'
}
if (Test-Command 'Get-NetTCPSetting') {
    Save-Objects 'tcpsetting.txt' 'Get-NetTCPSetting' {
        Get-NetTCPSetting |
            Select-Object 'SettingName', 'DynamicPortRangeStartPort', 'DynamicPortRangeNumberOfPorts'
    }
}
Save-Objects 'drivers.txt' 'Win32_SystemDriver with file versions' {
    Get-Drivers
}
if (Test-Command 'Get-NetAdapterBinding') {
    Save-Objects 'bindings.txt' 'Get-NetAdapterBinding -AllBindings -IncludeHidden' {
        Get-NetAdapterBinding -AllBindings -IncludeHidden |
            Select-Object 'Name', 'DisplayName', 'ComponentID', 'Enabled'
    }
}
Save-Command 'netcfg.txt' 'netcfg -s n'
Save-Command 'fltmc.txt' 'fltmc filters'
Save-Command 'wfpstate.xml' 'netsh wfp show state file=wfpstate.xml'
Write-Host 'Saving the event logs:'
Save-Command 'System.evtx' 'wevtutil epl System System.evtx /ow:true'
Save-Command 'Application.evtx' 'wevtutil epl Application Application.evtx /ow:true'
# Slow where there are thousands of rows, so it comes last.
Save-Command 'ports-owners.txt' 'netstat -anobq'
Add-Line ('finished: ' + (Get-Stamp))

Pop-Location
$size = (Get-ChildItem -Path $work | Measure-Object -Property Length -Sum).Sum
Write-Host ('Collected {0:N1} MB; what was run stands in manifest.txt.' -f ($size / 1048576))
$zip = Join-Path $OutDir "$name.zip"
try {
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    [System.IO.Compression.ZipFile]::CreateFromDirectory($work, $zip)
} catch {
    Write-Host "It could not be packed here. Please pack and send this folder: $work"
    exit 1
}
Remove-Item -Path $work -Recurse
$size = (Get-Item $zip).Length
Write-Host ('Please send {0} ({1:N1} MB).' -f $zip, ($size / 1048576))
