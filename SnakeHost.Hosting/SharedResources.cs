using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.Hosting;

/// <summary>The application's resources, which may be added to and taken from while somebody else goes through them: Aspire's own list is made for the time before the start.</summary>
internal sealed class SharedResources(IResourceCollection resources) : IResourceCollection
{
    private readonly Lock _gate = new();

    public int Count
    {
        get
        {
            lock (_gate)
                return resources.Count;
        }
    }

    public bool IsReadOnly => false;

    public IResource this[int index]
    {
        get
        {
            lock (_gate)
                return resources[index];
        }
        set
        {
            lock (_gate)
                resources[index] = value;
        }
    }

    /// <summary>The model of this application has its resources here from now on.</summary>
    public static void Use(IDistributedApplicationBuilder builder) =>
        builder.Services.AddSingleton(_ => new DistributedApplicationModel(new SharedResources(builder.Resources)));

    public bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource)
    {
        lock (_gate)
            return resources.TryGetByName(name, out resource);
    }

    public void Add(IResource item)
    {
        lock (_gate)
            resources.Add(item);
    }

    public void Insert(int index, IResource item)
    {
        lock (_gate)
            resources.Insert(index, item);
    }

    public bool Remove(IResource item)
    {
        lock (_gate)
            return resources.Remove(item);
    }

    public void RemoveAt(int index)
    {
        lock (_gate)
            resources.RemoveAt(index);
    }

    public void Clear()
    {
        lock (_gate)
            resources.Clear();
    }

    public bool Contains(IResource item)
    {
        lock (_gate)
            return resources.Contains(item);
    }

    public int IndexOf(IResource item)
    {
        lock (_gate)
            return resources.IndexOf(item);
    }

    public void CopyTo(IResource[] array, int arrayIndex)
    {
        lock (_gate)
            resources.CopyTo(array, arrayIndex);
    }

    /// <summary>Those that there are now.</summary>
    public IEnumerator<IResource> GetEnumerator()
    {
        lock (_gate)
            return resources.ToList().GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
