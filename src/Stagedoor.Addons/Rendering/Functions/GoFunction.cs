using Stagedoor.Addons.Rendering.Templates;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>The type that a function wants of an argument, in Go's sense.</summary>
internal enum ParameterType
{
    Any,
    String,
    Int,
    Int64,
    Float64,
    Bool,
    Map,
    List,
    Strings,
    Bytes,
    Object,
}

/// <summary>The work of a function: arguments are of the types that its signature names.</summary>
internal delegate object? FunctionBody(Executor executor, object?[] arguments);

/// <summary>A function or method that a template may call.</summary>
internal sealed class GoFunction
{
    private readonly ParameterType[] _parameters;

    /// <param name="name">What templates call it.</param>
    /// <param name="signature">
    /// A letter for each parameter: <c>v</c> anything, <c>s</c> string, <c>i</c> int, <c>l</c> int64, <c>f</c> float64, <c>b</c> bool, <c>m</c> map, <c>L</c> list,
    /// <c>S</c> list of strings, <c>y</c> bytes, <c>o</c> an object; <c>*</c> behind the last one: any number of those.
    /// </param>
    /// <param name="body">Its work.</param>
    public GoFunction(string name, string signature, FunctionBody body)
    {
        Name = name;
        Body = body;
        IsVariadic = signature.EndsWith('*');
        _parameters = [.. signature.TrimEnd('*').Select(TypeOf)];
    }

    public string Name { get; }

    public FunctionBody Body { get; }

    public bool IsVariadic { get; }

    public int ParameterCount => _parameters.Length;

    /// <summary>A method without arguments that always answers the same.</summary>
    public static GoFunction Constant(string name, object? value) => new(name, "", (_, _) => value);

    public ParameterType TypeAt(int index) => _parameters[Math.Min(index, _parameters.Length - 1)];

    private static ParameterType TypeOf(char letter) => letter switch
    {
        'v' => ParameterType.Any,
        's' => ParameterType.String,
        'i' => ParameterType.Int,
        'l' => ParameterType.Int64,
        'f' => ParameterType.Float64,
        'b' => ParameterType.Bool,
        'm' => ParameterType.Map,
        'L' => ParameterType.List,
        'S' => ParameterType.Strings,
        'y' => ParameterType.Bytes,
        'o' => ParameterType.Object,
        _ => throw new ArgumentOutOfRangeException(nameof(letter)),
    };
}
