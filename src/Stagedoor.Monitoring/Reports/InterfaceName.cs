namespace Stagedoor.Monitoring.Reports;

/// <summary>On which side of a call an interface was measured.</summary>
internal enum InterfaceKind
{
    /// <summary>The instance serves it.</summary>
    Provider,

    /// <summary>The instance calls it.</summary>
    Consumer,

    /// <summary>Neither is said.</summary>
    Unknown,
}

/// <summary>What publishers put into the name of an interface: <c>Provider.SCHEMA.OPERATION</c>, <c>Consumer.SERVICE.SCHEMA.OPERATION</c>.</summary>
internal static class InterfaceName
{
    private const string Provider = "Provider.";
    private const string Consumer = "Consumer.";

    public static InterfaceKind KindOf(string name) =>
        name.StartsWith(Provider, StringComparison.OrdinalIgnoreCase) ? InterfaceKind.Provider
        : name.StartsWith(Consumer, StringComparison.OrdinalIgnoreCase) ? InterfaceKind.Consumer
        : InterfaceKind.Unknown;

    public static InterfaceKind KindNamed(string? kind) =>
        string.Equals(kind, nameof(InterfaceKind.Provider), StringComparison.OrdinalIgnoreCase) ? InterfaceKind.Provider
        : string.Equals(kind, nameof(InterfaceKind.Consumer), StringComparison.OrdinalIgnoreCase) ? InterfaceKind.Consumer
        : InterfaceKind.Unknown;

    /// <summary>The name without the side.</summary>
    public static string FunctionOf(string name) => KindOf(name) is InterfaceKind.Unknown ? name : name[Provider.Length..];

    /// <summary>Whether somebody who asks for <paramref name="function"/>, with or without the side, means this interface.</summary>
    public static bool Means(string function, string name) =>
        string.Equals(function, name, StringComparison.Ordinal) || string.Equals(function, FunctionOf(name), StringComparison.Ordinal);
}
