namespace SnakeHost.Gateway.Apps;

/// <summary>Objects of a class.</summary>
/// <param name="Name">With the module's: <c>shop.models.Order</c>.</param>
/// <param name="Bytes">Of the objects alone, without what they refer to.</param>
internal sealed record AppMemoryType(string Name, long Count, long Bytes);
