using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Primitives;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>The files of a folder, but none that is hidden, that is no regular file, or that a symbolic link brings in from outside it.</summary>
/// <param name="files">The folder. Nothing in it is watched, so it needs no disposal.</param>
internal sealed class ConfinedFileProvider(PhysicalFileProvider files) : IFileProvider
{
    public IFileInfo GetFileInfo(string subpath)
    {
        // The provider leaves out hidden files, but not what lies in hidden folders; and it takes a slash behind a file's name for nothing.
        if (subpath.Contains("/.", StringComparison.Ordinal) || subpath.EndsWith('/'))
            return new NotFoundFileInfo(subpath);
        var file = files.GetFileInfo(subpath);
        if (file is not { Exists: true, PhysicalPath: { } path })
            return file;
        if (RealPath.Resolve(path) is not { } real || !IsInside(real) || !RegularFile.Is(real))
            return new NotFoundFileInfo(subpath);
        // Length and time of a link would be the link's own.
        return new SeenFile(real == path ? file : new PhysicalFileInfo(new FileInfo(real)));
    }

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

    private bool IsInside(string real) => RealPath.Resolve(files.Root) is { } folder && RealPath.IsWithin(real, folder);

    /// <summary>A file as it was looked at. Without a path: of another file that has taken its place, as many bytes would be sent as the first one had.</summary>
    private sealed class SeenFile(IFileInfo file) : IFileInfo
    {
        public bool Exists => file.Exists;

        public long Length { get; } = file.Length;

        public string? PhysicalPath => null;

        public string Name => file.Name;

        public DateTimeOffset LastModified => file.LastModified;

        public bool IsDirectory => file.IsDirectory;

        /// <exception cref="IOException">It is there no more, or has another length.</exception>
        public Stream CreateReadStream()
        {
            var stream = file.CreateReadStream();
            if (stream.Length == Length)
                return stream;
            stream.Dispose();
            throw new IOException($"{file.Name} has been written anew.");
        }
    }
}
