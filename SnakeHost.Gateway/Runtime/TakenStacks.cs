using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Runtime;

/// <summary>What <c>snakehost/stacks.py</c> tells of a request.</summary>
/// <param name="Begun">Whether its answer has begun, as far as Python alone knows of it.</param>
/// <param name="Running">Whether its code runs, rather than awaits something.</param>
internal sealed record TakenStacks(bool Running, bool Begun, IReadOnlyList<RunningStack> Stacks);
