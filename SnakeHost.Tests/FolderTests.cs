using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using SnakeHost.Gateway;

namespace SnakeHost.Tests;

/// <summary>The gateway's folders depend on each other as the table in docs/internals.md says: from its top to its bottom, without a circle.</summary>
public sealed partial class FolderTests
{
    private const string Root = "SnakeHost.Gateway";
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Assembly s_gateway = typeof(GatewayServer).Assembly;
    private static readonly Dictionary<short, OpCode> s_operations = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    [Fact]
    public void TheTable_SaysWhatEachFolderUses()
    {
        var used = Sources().SelectMany(source => Usings(source.Text).Select(to => (From: (string?)source.Folder, To: (string?)to)))
            .Concat(s_gateway.GetTypes().SelectMany(type => Uses(type).SelectMany(Parts).Select(other => (From: Folder(type), To: Folder(other)))))
            .Where(edge => edge.From is not null and not "" && edge.To is not null && edge.From != edge.To)
            .ToLookup(edge => edge.From!, edge => edge.To!);
        var table = Table();
        Assert.Equal(Sources().Select(source => source.Folder).Where(folder => folder.Length > 0).Distinct().Order(), table.Select(row => row.Folder).Order());
        Assert.Multiple([.. table.Select(row => new Action(() => Assert.Equal($"{row.Folder}: {string.Join(", ", used[row.Folder].Distinct().Order())}", $"{row.Folder}: {string.Join(", ", row.Uses)}")))]);
    }

    [Fact]
    public void AFolder_UsesOnlyFoldersBelow()
    {
        var table = Table();
        for (var i = 0; i < table.Count; i++)
            Assert.Empty(table[i].Uses.Except(table.Skip(i + 1).Select(row => row.Folder)));
    }

    [Fact]
    public void ANamespace_IsAFolder() =>
        Assert.All(Sources(), source => Assert.Equal(source.Folder.Length == 0 ? Root : $"{Root}.{source.Folder}", Namespace().Match(source.Text).Groups[1].Value is { Length: > 0 } name ? name : Root));

    private static List<(string Folder, string[] Uses)> Table() =>
        [.. Row().Matches(File.ReadAllText(Path.Join(RepositoryFolder.Path, "docs", "internals.md")).Split("\n## ").Single(section => section.StartsWith("Folders\n", StringComparison.Ordinal)))
            .Select(row => (row.Groups[1].Value, Uses: row.Groups[2].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)))];

    private static IEnumerable<(string Folder, string Text)> Sources()
    {
        var root = Path.Join(RepositoryFolder.Path, Root);
        return from file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
               let folder = Path.GetRelativePath(root, Path.GetDirectoryName(file)!)
               where folder.Split('/')[0] is not ("bin" or "obj" or "Properties")
               select (folder == "." ? "" : folder.Replace('/', '.'), File.ReadAllText(file));
    }

    /// <summary>For constants, which the compiler puts in place of their names.</summary>
    private static IEnumerable<string> Usings(string text) => Using().Matches(text).Select(match => match.Groups[1].Value);

    /// <summary>Null for what is not the gateway's.</summary>
    private static string? Folder(Type type)
    {
        if (type.Assembly != s_gateway)
            return null;
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.Namespace is { } name && (name + '.').StartsWith(Root + '.', StringComparison.Ordinal) ? (name + '.')[(Root.Length + 1)..].TrimEnd('.') : null;
    }

    private static IEnumerable<Type> Parts(Type? type) => type switch
    {
        null or { IsGenericParameter: true } => [],
        { HasElementType: true } => Parts(type.GetElementType()),
        _ => [type, .. type.GetGenericArguments().SelectMany(Parts)],
    };

    private static IEnumerable<Type?> Uses(Type type) =>
    [
        type.BaseType,
        .. type.GetInterfaces(),
        .. type.GetCustomAttributesData().Select(attribute => attribute.AttributeType),
        .. type.GetFields(Everything).Select(field => field.FieldType),
        .. type.GetMethods(Everything).SelectMany(method => (IEnumerable<Type?>)[method.ReturnType, .. Uses(method)]),
        .. type.GetConstructors(Everything).SelectMany(Uses),
    ];

    private static IEnumerable<Type?> Uses(MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
            yield return parameter.ParameterType;
        if (method.GetMethodBody() is not { } body)
            yield break;
        foreach (var local in body.LocalVariables)
            yield return local.LocalType;
        foreach (var clause in body.ExceptionHandlingClauses)
            yield return clause.Flags == ExceptionHandlingClauseOptions.Clause ? clause.CatchType : null;
        var (typeArguments, arguments) = (method.DeclaringType!.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
        foreach (var token in Tokens(body.GetILAsByteArray()!))
        {
            var member = method.Module.ResolveMember(token, typeArguments, arguments)!;
            yield return member as Type ?? member.DeclaringType;
            yield return (member as FieldInfo)?.FieldType ?? (member as MethodInfo)?.ReturnType;
            foreach (var argument in member is MethodInfo { IsGenericMethod: true } called ? called.GetGenericArguments() : [])
                yield return argument;
        }
    }

    /// <summary>What a method's code names: ECMA-335, III.1.</summary>
    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            short value = code[at++];
            var operation = s_operations[value == 0xFE ? (short)(0xFE00 | code[at++]) : value];
            if (operation.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BitConverter.ToInt32(code, at);
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    [GeneratedRegex(@"^\| `([A-Z]\w*)` \| [^|]* \| ([\w, ]*?) ?\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^using SnakeHost\.Gateway\.(\w+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
