using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Http;

/// <summary>The files of a folder, but none that a symbolic link brings in from outside it.</summary>
/// <param name="files">The folder. Nothing in it is watched, so it needs no disposal.</param>
internal sealed class ConfinedFileProvider(PhysicalFileProvider files) : IFileProvider
{
    public IFileInfo GetFileInfo(string subpath)
    {
        var file = files.GetFileInfo(subpath);
        return file is { Exists: true, PhysicalPath: { } path } && !IsInside(path) ? new NotFoundFileInfo(subpath) : file;
    }

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

    private bool IsInside(string path) =>
        RealPath.Resolve(path) is { } file && RealPath.Resolve(files.Root) is { } folder && RealPath.IsWithin(file, folder);
}
