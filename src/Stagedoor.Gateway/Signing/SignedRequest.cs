using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Signing;

/// <summary>What a signature covers of a request, as it stands on the wire.</summary>
/// <param name="Method">The method, exactly as received.</param>
/// <param name="Target">The raw request target: path and query before any decoding (<c>IHttpRequestFeature.RawTarget</c>).</param>
/// <param name="Headers">The headers as received, one value per line of the request.</param>
/// <param name="BodyHash">The lower-case hex SHA-256 of the exact bytes of the body.</param>
internal readonly record struct SignedRequest(string Method, string Target, IHeaderDictionary Headers, string BodyHash)
{
    /// <summary>The hash of a request without a body.</summary>
    public const string EmptyBodyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>What <c>X-Sdk-Content-Sha256</c> says when the body is not hashed.</summary>
    public const string UnsignedPayload = "UNSIGNED-PAYLOAD";

    public const string DateHeader = "X-Sdk-Date";

    public const string ContentHashHeader = "X-Sdk-Content-Sha256";

    public const string SecurityTokenHeader = "X-Security-Token";
}
