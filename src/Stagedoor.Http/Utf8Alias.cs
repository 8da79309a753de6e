using System.Text;

namespace Stagedoor.Http;

/// <summary>
/// Knows UTF-8 by the name <c>utf8</c> as well: the official client libraries send <c>application/json;charset=utf8</c>, which the
/// framework would refuse. The header itself stays, since requests may sign it.
/// </summary>
internal sealed class Utf8Alias : EncodingProvider
{
    public static Utf8Alias Instance { get; } = new();

    public override Encoding? GetEncoding(string name) =>
        name.Equals("utf8", StringComparison.OrdinalIgnoreCase) ? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) : null;

    public override Encoding? GetEncoding(int codepage) => null;
}
