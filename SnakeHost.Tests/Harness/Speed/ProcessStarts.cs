using System.Reflection;

namespace SnakeHost.Tests.Harness.Speed;

/// <summary>Which types of the tests start processes, a gateway or a Python: those whose code leads to <see cref="ChildProcess"/>, by itself or by other types of the tests.</summary>
internal static class ProcessStarts
{
    private static readonly Lazy<HashSet<Type>> s_starters = new(Find);

    public static bool By(Type type) => s_starters.Value.Contains(TypeUses.Outermost(type));

    private static HashSet<Type> Find()
    {
        var users = new Dictionary<Type, HashSet<Type>>();
        var starters = new HashSet<Type>();
        var next = new Queue<Type>();
        foreach (var type in typeof(ProcessStarts).Assembly.GetTypes())
        {
            var user = TypeUses.Outermost(type);
            foreach (var member in TypeUses.Of(type))
            {
                // Writing a file while none starts is no start.
                if (member is MethodInfo { Name: nameof(ChildProcess.Start) } && member.DeclaringType == typeof(ChildProcess) && user != typeof(ChildProcess))
                    next.Enqueue(user);
                else if ((member as Type ?? member.DeclaringType) is { } used)
                    Add(TypeUses.Outermost(used), user);
            }
        }

        while (next.TryDequeue(out var starter))
        {
            if (!starters.Add(starter))
                continue;
            foreach (var user in users.GetValueOrDefault(starter) ?? [])
                next.Enqueue(user);
        }

        return starters;

        void Add(Type used, Type user)
        {
            if (!users.TryGetValue(used, out var all))
                users[used] = all = [];
            all.Add(user);
        }
    }
}
