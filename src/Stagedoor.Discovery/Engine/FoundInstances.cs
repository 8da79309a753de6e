namespace Stagedoor.Discovery.Engine;

/// <summary>An answer to a discovery call, ready to be sent.</summary>
/// <param name="Body">The JSON.</param>
/// <param name="Revision">Changes when anything in the answer does; 16 hexadecimal digits.</param>
/// <param name="Services">How many microservices were left after version, tags and visibility.</param>
/// <param name="Count">How many instances they have.</param>
internal sealed record FoundInstances(byte[] Body, string Revision, int Services, int Count)
{
    private const int PrefixLength = 13;

    /// <summary>The list alone, without the object around it.</summary>
    public ReadOnlySpan<byte> Instances => Body.AsSpan(PrefixLength, Body.Length - PrefixLength - 1);

    /// <summary>The one version that was asked for is not registered.</summary>
    public static FoundInstances NoSuchVersion { get; } = new([], "", 0, 0);

    /// <summary>Nothing fits.</summary>
    public static FoundInstances Nothing { get; } = ProviderView.Make([]);
}
