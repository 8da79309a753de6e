namespace Stagedoor.Addons.Rendering.Yaml;

#pragma warning disable CA1064 // It never leaves this assembly.
/// <summary>A value is there that JSON has no way to say: NaN, an infinity, a list as a key, what contains itself, or is nested too deeply.</summary>
internal sealed class UnserializableException(string message) : FormatException(message)
#pragma warning restore CA1064
{
    /// <summary>Whether that is behind a fault, however often it was told on.</summary>
    public static UnserializableException? Behind(Exception? fault) => fault is null ? null : fault as UnserializableException ?? Behind(fault.InnerException);
}
