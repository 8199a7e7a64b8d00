#!/usr/bin/env bash
# NuGet of the .NET SDK 10.0.401: StreamJsonRpc 2.25.29 restores, with all that it needs in the folder of packages. The next restore, forced, without a network and without the HTTP
# cache fails with NU1301 although nothing is missing: the graph also names lower versions of packages (Microsoft.VisualStudio.Threading.Only, for one), which lose and are never
# stored, and NuGet asks the feed about them each time. Needs the right to make a network namespace.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES=$folder/packages NUGET_HTTP_CACHE_PATH=$folder/http
cat > graph.csproj << 'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="StreamJsonRpc" Version="2.25.29" />
    <PackageReference Include="Nerdbank.MessagePack" Version="1.3.88" />
  </ItemGroup>
</Project>
XML
dotnet --version
dotnet restore -v quiet
unshare -n dotnet restore --force -v quiet && echo "with the HTTP cache: restored"
rm -rf http
seen=$(unshare -n dotnet restore --force -v quiet 2>&1 || true)
grep -o -m 1 "NU1301" <<< "$seen"
