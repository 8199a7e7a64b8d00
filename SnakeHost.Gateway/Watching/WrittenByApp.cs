namespace SnakeHost.Gateway.Watching;

/// <summary>
/// Ends the circle of an app that writes a source file whenever it is loaded: each load would make it stale, for ever. A file that has changed
/// during many loads in a row, without any change between them, no longer counts while the app is being loaded, until it changes at another time.
/// </summary>
/// <remarks>
/// Somebody who saves while a slow app is being loaded looks the same: hence many. One who is taken for the app would get old code, while a circle of some loads more does no harm.
/// </remarks>
internal sealed class WrittenByApp
{
    public const int Loads = 10;

    private readonly Dictionary<string, int> _inARow = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changedInThisLoad = new(StringComparer.Ordinal);
    private readonly HashSet<string> _own = new(StringComparer.Ordinal);
    private bool _loading;

    public void Begin() => _loading = true;

    /// <summary>The load has ended. Returns the files that are known from now on to be the app's own doing.</summary>
    public List<string> End()
    {
        _loading = false;
        foreach (var file in _inARow.Keys.Except(_changedInThisLoad).ToList())
            _inARow.Remove(file);
        var found = _changedInThisLoad.Where(file => _inARow[file] >= Loads && _own.Add(file)).ToList();
        _changedInThisLoad.Clear();
        return found;
    }

    /// <summary>Takes note of changed files; returns those that count.</summary>
    public IReadOnlyList<string> Filter(IReadOnlyList<string> files)
    {
        if (!_loading)
        {
            foreach (var file in files)
            {
                _inARow.Remove(file);
                _own.Remove(file);
            }

            return files;
        }

        foreach (var file in files)
        {
            if (_changedInThisLoad.Add(file))
                _inARow[file] = _inARow.GetValueOrDefault(file) + 1;
        }

        return _own.Count == 0 ? files : [.. files.Where(file => !_own.Contains(file))];
    }
}
