using System.Reflection;
using System.Reflection.Emit;

namespace SnakeHost.Tests.Harness.Speed;

/// <summary>What a type names: in its declarations, its attributes, and the code of its methods.</summary>
internal static class TypeUses
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OperandType> s_operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => code.Value, static code => code.OperandType);

    /// <summary>Closures and async methods are classes inside of the one that a reader sees.</summary>
    public static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.IsGenericType ? type.GetGenericTypeDefinition() : type;
    }

    public static IEnumerable<MemberInfo> Of(Type type)
    {
        var members = type.GetMembers(All);
        var methods = members.OfType<MethodBase>().ToList();
        IEnumerable<Type?> types =
        [
            type.BaseType,
            .. type.GetInterfaces(),
            .. members.OfType<FieldInfo>().Select(static field => field.FieldType),
            .. methods.SelectMany(static method => method.GetParameters()).Select(static parameter => parameter.ParameterType),
            .. members.Append(type).SelectMany(static member => member.CustomAttributes).SelectMany(OfAttribute),
        ];
        return types.SelectMany(WithArguments).Concat(methods.SelectMany(OfCode));
    }

    private static IEnumerable<Type?> OfAttribute(CustomAttributeData attribute) =>
        attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(static named => named.TypedValue)).Select(static argument => argument.Value as Type).Append(attribute.AttributeType);

    private static IEnumerable<MemberInfo> WithArguments(Type? type) => type is null ? [] : [type, .. type.GenericTypeArguments.SelectMany(WithArguments)];

    private static IEnumerable<MemberInfo> OfCode(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
            yield break;
        var typeArguments = method.DeclaringType is { IsGenericType: true } declaring ? declaring.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            // The first byte of the instructions of two.
            var instruction = code[at] == 0xFE ? (short)(0xFE00 | code[++at]) : code[at];
            at++;
            switch (s_operands[instruction])
            {
                case OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok or OperandType.InlineField:
                    if (method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments) is { } member)
                    {
                        yield return member;
                        var arguments = (member as Type ?? member.DeclaringType)?.GenericTypeArguments ?? [];
                        foreach (var argument in (member is MethodInfo { IsGenericMethod: true } generic ? [.. arguments, .. generic.GetGenericArguments()] : arguments).SelectMany(WithArguments))
                            yield return argument;
                    }

                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BitConverter.ToInt32(code, at));
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    at++;
                    break;
                case OperandType.InlineVar:
                    at += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    at += 8;
                    break;
                default:
                    at += 4;
                    break;
            }
        }
    }
}
