namespace SnakeHost.Gateway.Watching;

/// <summary>The bits of inotify(7) that are used.</summary>
[Flags]
internal enum InotifyEvents : uint
{
    None = 0,
    Modify = 0x2,
    Attributes = 0x4,
    CloseWrite = 0x8,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Create = 0x100,
    Delete = 0x200,
    DeleteSelf = 0x400,
    MoveSelf = 0x800,
    Unmount = 0x2000,

    /// <summary>The queue was full: events are lost.</summary>
    Overflow = 0x4000,

    /// <summary>The watch is gone.</summary>
    Ignored = 0x8000,

    OnlyDirectory = 0x01000000,

    /// <summary>Add to what a directory is watched for.</summary>
    Additional = 0x20000000,
    IsDirectory = 0x40000000,

    /// <summary>What changes the names in a directory, or what becomes of itself.</summary>
    Names = MovedFrom | MovedTo | Create | Delete | DeleteSelf | MoveSelf,

    /// <summary>What changes the files of a directory too.</summary>
    Contents = Names | Modify | Attributes | CloseWrite,

    Appeared = Create | MovedTo,
    Disappeared = Delete | MovedFrom,
}
