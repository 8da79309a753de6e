using System.Text.Json.Nodes;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary>The credentials of an operation, as its document names them.</summary>
internal static class OpenApiSecurity
{
    private static readonly ApiCredential[] s_gateway = [ApiCredential.Token, ApiCredential.Signature];

    /// <summary>What a route takes, by the metadata that the gateway goes by; any one is enough, and none is needed when there is none.</summary>
    public static IReadOnlyList<ApiCredential> Of(EndpointMetadataCollection route) =>
        (route.GetMetadata<AuthMetadata>()?.Mode ?? AuthMode.Iam) switch
        {
            AuthMode.Iam => s_gateway,
            AuthMode.Passthrough => route.GetMetadata<CredentialsMetadata>()?.Kinds ?? [],
            _ => [],
        };

    /// <summary>The requirements of an operation.</summary>
    public static JsonArray Requirements(IReadOnlyList<ApiCredential> kinds) => new([.. kinds.SelectMany(static k => Names(k)).Select(static names =>
        (JsonNode)new JsonObject(names.Select(static n => KeyValuePair.Create(n, (JsonNode?)new JsonArray()))))]);

    /// <summary>The schemes of a document.</summary>
    public static JsonObject Schemes(IEnumerable<ApiCredential> kinds) => new(kinds.Distinct().Order()
        .SelectMany(static k => Names(k).SelectMany(static n => n)).Distinct(StringComparer.Ordinal)
        .Select(static n => KeyValuePair.Create(n, (JsonNode?)Scheme(n))));

    // Requirements of one object are needed together.
    private static string[][] Names(ApiCredential kind) => kind switch
    {
        ApiCredential.Token => [["token"]],
        ApiCredential.Signature => [["signature"]],
        ApiCredential.KeyHeaders => [["accessKey", "accessKeyHash"]],
        ApiCredential.AccountToken => [["accountToken"]],
        ApiCredential.Basic => [["loginKey"]],
        ApiCredential.RegistryToken => [["registryToken"]],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A credential without a scheme."),
    };

    private static JsonObject Scheme(string name) => name switch
    {
        "token" => Header("X-Auth-Token", "A token of POST /v3/auth/tokens, which answers it in X-Subject-Token."),
        "signature" => Header(
            "Authorization",
            "A signature with an access key: `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`, with the time in X-Sdk-Date. The official SDKs make it."),
        "accessKey" => Header("X-Service-AK", "An access key, with its hash in X-Service-ShaAKSK."),
        "accessKeyHash" => Header("X-Service-ShaAKSK", "The login key of the access key: the hexadecimal HMAC-SHA256 of the access key by the secret key."),
        "accountToken" => Http("bearer", "A token of POST /v4/token, for an account of the registry's own (Discovery:Rbac)."),
        "loginKey" => Http("basic", "The user is REGION@ACCESS_KEY, the password its login key, as for docker login."),
        _ => Http("bearer", "A token of the registry's own token endpoint, which the challenge of a 401 names."),
    };

    private static JsonObject Header(string name, string description) =>
        new() { ["type"] = "apiKey", ["in"] = "header", ["name"] = name, ["description"] = description };

    private static JsonObject Http(string scheme, string description) =>
        new() { ["type"] = "http", ["scheme"] = scheme, ["description"] = description };
}
