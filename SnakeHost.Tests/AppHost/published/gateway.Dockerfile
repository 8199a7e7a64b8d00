# syntax=docker/dockerfile:1
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY ["Directory.Build.props", "Directory.Packages.props", "global.json", "./"]
COPY ["SnakeHost.Gateway/", "SnakeHost.Gateway/"]
COPY ["SnakeHost.ServiceDefaults/", "SnakeHost.ServiceDefaults/"]
RUN --mount=type=cache,target=/root/.nuget/packages dotnet publish "SnakeHost.Gateway/SnakeHost.Gateway.csproj" -c Release -o /app

FROM python:3.X-slim
COPY --from=mcr.microsoft.com/dotnet/aspnet:10.0 /usr/share/dotnet /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet && useradd --uid 1654 --create-home app
ENV DOTNET_RUNNING_IN_CONTAINER=true
WORKDIR /app
COPY --from=build /app .
COPY --chown=1654:1654 ["apps/api/", "/app/apps/api/"]
COPY --chown=1654:1654 ["apps/hello/", "/app/apps/hello/"]
COPY --chown=1654:1654 ["apps/notes/", "/app/apps/notes/"]
COPY --chown=1654:1654 ["apps/stream/", "/app/apps/stream/"]
COPY --chown=1654:1654 ["apps/ticker/", "/app/apps/ticker/"]
USER 1654
EXPOSE 8080
ENTRYPOINT ["dotnet", "SnakeHost.Gateway.dll"]
