@echo off
rem Installs, upgrades, checks or removes Neural Style for GIMP: double-click, or install.cmd --help
rem
rem This script only finds a Python; the package nst_install does the work, and needs nothing to be
rem installed first.
setlocal EnableExtensions DisableDelayedExpansion

rem Windows opens a file of a zip alone, without the others.
if not exist "%~dp0nst_install\__main__.py" goto not_unpacked

rem torch, which the engine is built on, exists only for these versions of Python, of 64 bits and
rem for Intel and AMD. The Python of the Microsoft Store hides from GIMP what it writes.
set "suits=import sys, sysconfig; sys.exit(0 if not (3, 10) <= sys.version_info < (3, 15) or sysconfig.get_platform() != 'win-amd64' else 9 if 'WindowsApps' in sys.base_prefix else 7)"
rem Behind Python's own library, so that no file beside this script is taken for a part of it, and
rem before whatever else is installed.
set "start=import runpy, site, sys; others = [p for p in sys.path if p in site.getsitepackages()]; sys.path.insert(sys.path.index(others[0]) if others else len(sys.path), sys.argv.pop(1)); runpy.run_module('nst_install', run_name='__main__', alter_sys=True)"

set "python="
set "from_store="
if defined NST_PYTHON (
  call :try_program
  if not defined python goto wrong_choice
)
for %%V in (3.14 3.13 3.12 3.11 3.10) do if not defined python call :try py -%%V
if not defined python call :try python
if not defined python call :try python3
if not defined python goto no_python

rem -I: no code from the current folder, PYTHONPATH or the user's own packages. -B: no compiled files
rem beside this script. UTF-8: paths and messages in any code page.
%python% -I -B -X utf8 -c "%start%" "%~dp0." %*
set "code=%errorlevel%"
goto end

:try_program
"%NST_PYTHON%" -I -c "%suits%" >nul 2>nul
if %errorlevel% equ 7 set python="%NST_PYTHON%"
exit /b 0

:try
rem Exit codes that no program has by chance: where there is none, Windows says 9009 or opens the
rem Store. "cmd", because some of these are scripts, after which nothing else would be run.
cmd /d /c %* -I -c "%suits%" >nul 2>nul
if %errorlevel% equ 7 set "python=cmd /d /c %*"
if %errorlevel% equ 9 set "from_store=%*"
exit /b 0

:not_unpacked
echo Error: the files beside install.cmd are missing. 1>&2
echo Right-click the zip, choose Extract All, and run install.cmd in the new folder. 1>&2
set "code=1"
goto end

:wrong_choice
echo Error: NST_PYTHON is %NST_PYTHON%, which is not a 64-bit Python from 3.10 to 3.14. 1>&2
echo Set it to one, but not to the Microsoft Store's, or unset it. 1>&2
set "code=1"
goto end

:no_python
if defined from_store (
  echo Error: the only Python found is the Microsoft Store's, which hides from GIMP what it writes. 1>&2
) else (
  echo Error: no 64-bit Python from 3.10 to 3.14 was found. 1>&2
)
echo Install the 64-bit one of https://www.python.org/downloads, and run this again. 1>&2
set "code=1"

:end
rem Started by a double-click, the window would close before anybody could read it.
echo "%cmdcmdline%" | find /i "install.cmd" >nul 2>nul && pause
exit /b %code%
