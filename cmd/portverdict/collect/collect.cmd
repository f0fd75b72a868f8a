@echo off
rem Collects what portverdict reads, for a machine that may have run out of ports.
rem For systems on which collect.ps1 cannot run: it needs cmd.exe and the tools of
rem Windows only. It changes nothing but for the trace, which it asks for first.
rem Start it from an elevated prompt; "collect.cmd notrace" never asks for the trace.
setlocal EnableExtensions DisableDelayedExpansion
set TRACEMB=512
if exist "%SystemRoot%\Sysnative\cmd.exe" set PATH=%SystemRoot%\Sysnative;%PATH%

set HERE=%~dp0
call :now
set NAME=portverdict-%COMPUTERNAME%-%DAY%
set WORK=%TEMP%\%NAME%
md "%WORK%" 2>nul
if not exist "%WORK%" goto nowork
cd /d "%WORK%"
rem The short form has no blanks, where the disk has short names.
for %%w in ("%WORK%") do set SHORT=%%~sw

set ELEVATED=True
fltmc >nul 2>&1
if errorlevel 1 set ELEVATED=False
if %ELEVATED%==False echo Not elevated: the trace, the event logs and the names of programs will be missing.
if %ELEVATED%==False echo Better: start this from a prompt that runs as administrator.

>manifest.txt echo portverdict collection 1
>>manifest.txt echo host: %COMPUTERNAME%
call :property windows Version
call :property boot LastBootUpTime
>>manifest.txt echo began: %NOW%
>>manifest.txt echo elevated: %ELEVATED%
>>manifest.txt echo by: collect.cmd
>>manifest.txt echo.

set TRACING=no
if %ELEVATED%==False goto tables
if /i "%~1"=="notrace" goto tables
echo A trace shows who asks for ports and who is refused. It takes at most %TRACEMB% MB,
echo in a ring. It holds process names and addresses, no contents of packets.
set ANSWER=n
set /p ANSWER=Record a trace while the tables are saved? (y/n) 
if /i not "%ANSWER:~0,1%"=="y" goto tables
set START=netsh trace start scenario=netconnection capture=no filemode=circular maxsize=%TRACEMB% tracefile=%SHORT%\portverdict.etl
call :save trace-start.txt "%START% report=disabled"
rem Where another trace is running the start fails, and that one is left alone. Older
rem systems do not know report=disabled.
if not %CODE%==0 call :save trace-start.txt "%START%"
if %CODE%==0 set TRACING=yes
if %TRACING%==no echo The trace could not be started (see trace-start.txt): going on without it.

:tables
echo Saving port tables, three times, a minute apart:
call :ports 1
call :pause
call :ports 2
call :pause
call :ports 3
if %TRACING%==no goto settings
call :pause
call :save trace-status.txt "netsh trace show status"
find ".etl" trace-status.txt >nul
if errorlevel 1 goto stop
find "portverdict.etl" trace-status.txt >nul
if not errorlevel 1 goto stop
echo Another trace is running now: it is left alone.
goto settings
:stop
echo Stopping the trace. This can take some minutes.
call :save trace-stop.txt "netsh trace stop"

:settings
echo Saving settings, processes and drivers:
for %%f in (ipv4 ipv6) do for %%p in (tcp udp) do call :range %%f %%p
call :save registry.txt "reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
call :save registry.txt "reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters"
call :save registry.txt "reg query HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
call :save tasklist.txt "tasklist /svc"
call :save processes.txt "wmic process get HandleCount,Name,ProcessId"
call :save drivers.txt "wmic sysdriver get DisplayName,Name,PathName,State"
call :save netcfg.txt "netcfg -s n"
call :save fltmc.txt "fltmc filters"
call :make wfpstate.xml "netsh wfp show state file=wfpstate.xml"
echo Saving the event logs:
call :make System.evtx "wevtutil epl System System.evtx /ow:true"
call :make Application.evtx "wevtutil epl Application Application.evtx /ow:true"
rem Slow where there are thousands of rows, so it comes last.
call :save ports-owners.txt "netstat -anobq"
call :now
>>manifest.txt echo finished: %NOW%

cd /d "%HERE%"
rem Windows has tar, which packs zip files, since 10 1803 and Server 2019.
tar -a -c -f "%HERE%%NAME%.zip" -C "%WORK%" . >nul 2>&1
if errorlevel 1 goto nozip
if not exist "%HERE%%NAME%.zip" goto nozip
rd /s /q "%WORK%"
for %%z in ("%HERE%%NAME%.zip") do echo Please send %%~fz (%%~zz bytes).
exit /b 0

:nozip
echo It could not be packed here. Please pack and send this folder: %WORK%
exit /b 1

:nowork
echo The folder %WORK% cannot be made.
exit /b 1

rem NOW is the time with its distance from UTC, DAY the same as part of a name. Without
rem wmic the time is local, in the form of this machine.
:now
set STAMP=
for /f "tokens=2 delims==" %%t in ('wmic os get LocalDateTime /value 2^>nul') do set STAMP=%%t
if not defined STAMP goto nowmic
set NOW=%STAMP:~0,25%
set DAY=%STAMP:~0,8%-%STAMP:~8,6%
set /a MINUTES=1%STAMP:~22,3%-1000
set /a HOURS=100+MINUTES/60
set /a MINUTES=100+MINUTES%%60
set STAMP=%STAMP:~0,4%-%STAMP:~4,2%-%STAMP:~6,2%T%STAMP:~8,2%:%STAMP:~10,2%:%STAMP:~12,2%%STAMP:~14,4%%STAMP:~21,1%%HOURS:~1,2%:%MINUTES:~1,2%
set NOW=%STAMP%
goto :eof
:nowmic
set NOW=%DATE% %TIME%
set STAMP=%NOW%
set DAY=%RANDOM%%RANDOM%
goto :eof

rem A property of Win32_OperatingSystem as a line of the manifest.
:property
for /f "tokens=2 delims==" %%v in ('wmic os get %2 /value 2^>nul') do set VALUE=%%v
if defined VALUE >>manifest.txt echo %1: %VALUE%
set VALUE=
goto :eof

rem Appends the output of a command to a file, below the time and the command.
:save
echo   %~2
call :now
>>%1 echo %STAMP%
>>%1 echo %~2
call :begin %1 %2
%~2 >>%1 2>&1
set CODE=%ERRORLEVEL%
call :end
goto :eof

rem Runs a command that writes a file itself.
:make
echo   %~2
call :now
call :begin %1 %2
%~2 >nul 2>&1
set CODE=%ERRORLEVEL%
call :end
goto :eof

:begin
>>manifest.txt echo file: %1
>>manifest.txt echo command: %~2
>>manifest.txt echo began: %NOW%
goto :eof

:end
call :now
>>manifest.txt echo ended: %NOW%
>>manifest.txt echo exit: %CODE%
>>manifest.txt echo.
goto :eof

rem Windows before 10 and Server 2016 does not know -q.
:ports
call :save ports-%1.txt "netstat -anoq"
find "TCP" ports-%1.txt >nul
if errorlevel 1 call :save ports-%1.txt "netstat -ano"
goto :eof

:range
call :save ranges.txt "netsh int %1 show dynamicport %2"
call :save ranges.txt "netsh int %1 show excludedportrange protocol=%2"
goto :eof

rem A minute; timeout needs a console.
:pause
ping -n 61 127.0.0.1 >nul
goto :eof
