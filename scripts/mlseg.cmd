@echo off
rem Runs the mlseg command line; the first start makes the Python environment in .venv (see bootstrap.py).
setlocal
set "venv=%~dp0..\.venv\Scripts\python.exe"
if exist "%~dp0..\.venv\installed.txt" "%venv%" -I -S -c "" >nul 2>nul && goto environment
py -3 -I -S -c "" >nul 2>nul && goto launcher
python -I -S -c "" >nul 2>nul && goto plain
echo mlseg: no Python found; install Python 3.10 or newer (3.12 is best), then start again 1>&2
exit /b 1
:environment
"%venv%" -I -S "%~dp0bootstrap.py" mlseg %*
exit /b %ERRORLEVEL%
:launcher
py -3 -I -S "%~dp0bootstrap.py" mlseg %*
exit /b %ERRORLEVEL%
:plain
python -I -S "%~dp0bootstrap.py" mlseg %*
exit /b %ERRORLEVEL%
