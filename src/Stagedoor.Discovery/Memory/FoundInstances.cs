namespace Stagedoor.Discovery.Memory;

/// <summary>An answer to a discovery call, ready to be sent.</summary>
/// <param name="instances">Each as JSON.</param>
/// <param name="revision">Changes when anything in the answer does; 16 hexadecimal digits.</param>
/// <param name="services">How many microservices were left after version, tags and visibility.</param>
internal sealed class FoundInstances(byte[][] instances, string revision, int services)
{
    private static readonly byte[] s_prefix = "{\"instances\":["u8.ToArray();
    private static readonly byte[] s_suffix = "]}"u8.ToArray();
    private byte[]? _body;

    /// <summary>The one version that was asked for is not registered.</summary>
    public static FoundInstances NoSuchVersion { get; } = new([], "", 0);

    /// <summary>Nothing fits.</summary>
    public static FoundInstances Nothing { get; } = ProviderView.Make([]);

    public IReadOnlyList<byte[]> Instances => instances;

    public string Revision => revision;

    public int Services => services;

    /// <summary>How long the list is in bytes.</summary>
    public long Length { get; } = 2 + instances.Sum(static i => i.LongLength + 1);

    /// <summary>The whole answer. It is made when it is first sent: who asks for many gets the list piece by piece instead.</summary>
    public byte[] Body => _body ??= Join();

    private byte[] Join()
    {
        var body = new byte[s_prefix.Length + instances.Sum(static i => i.Length) + Math.Max(0, instances.Length - 1) + s_suffix.Length];
        s_prefix.CopyTo(body, 0);
        var at = s_prefix.Length;
        foreach (var json in instances)
        {
            if (at > s_prefix.Length)
            {
                body[at++] = (byte)',';
            }

            json.CopyTo(body, at);
            at += json.Length;
        }

        s_suffix.CopyTo(body, at);
        return body;
    }
}
