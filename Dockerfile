# syntax=docker/dockerfile:1
# The gateway with a Python, for a folder of apps (docs/deployment.md):
#   docker build -t snakehost .
#   docker run --rm -v ./apps:/apps -p 9080:9080 snakehost
ARG PYTHON=3.14

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY ["Directory.Build.props", "Directory.Packages.props", "global.json", "./"]
COPY ["SnakeHost.Gateway/SnakeHost.Gateway.csproj", "SnakeHost.Gateway/"]
COPY ["SnakeHost.ServiceDefaults/SnakeHost.ServiceDefaults.csproj", "SnakeHost.ServiceDefaults/"]
RUN dotnet restore "SnakeHost.Gateway/SnakeHost.Gateway.csproj" -p:PublishReadyToRun=true
COPY ["SnakeHost.Gateway/", "SnakeHost.Gateway/"]
COPY ["SnakeHost.ServiceDefaults/", "SnakeHost.ServiceDefaults/"]
RUN dotnet publish "SnakeHost.Gateway/SnakeHost.Gateway.csproj" -c Release --no-restore -o /app -p:RunAnalyzers=false

FROM python:${PYTHON}-slim
# tini is process 1: it passes signals on, and takes what apps' children leave behind.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1654 --create-home app && mkdir /apps \
    && printf '#!/bin/sh\nexec python3 /app/gateway.py "$@"\n' > /usr/local/bin/snakehost && chmod +x /usr/local/bin/snakehost
COPY --from=mcr.microsoft.com/dotnet/aspnet:10.0 /usr/share/dotnet /usr/share/dotnet
ENV DOTNET_ROOT=/usr/share/dotnet DOTNET_RUNNING_IN_CONTAINER=true \
    SnakeHost__Root=/apps SnakeHost__Listen=:9080 SnakeHost__HealthPath=/health
WORKDIR /app
COPY --from=build /app .
# Nobody may write there later.
RUN python3 -m compileall -q .
EXPOSE 9080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python3", "-IS", "/app/health.py"]
USER 1654
ENTRYPOINT ["tini", "--", "snakehost"]
