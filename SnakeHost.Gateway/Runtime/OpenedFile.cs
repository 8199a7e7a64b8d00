using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Runtime;

/// <summary>A file that an app opens below its folder.</summary>
/// <param name="Generation">As <c>notes#2</c>.</param>
/// <param name="File">Its real path, and what it was when it was opened for reading.</param>
/// <param name="IsChanged">Whether the app writes it, renames it or removes it.</param>
internal readonly record struct OpenedFile(string Generation, SourceFile File, bool IsChanged);
