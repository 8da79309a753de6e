using System.Text.Json.Serialization;

namespace Stagedoor.Http.Describing;

/// <summary>Where a parameter stands in a request.</summary>
public enum ParameterPlace
{
    /// <summary>A segment of the path.</summary>
    Path,

    /// <summary>A value of the query.</summary>
    Query,

    /// <summary>A header.</summary>
    Header,
}

/// <summary>The ways to say who calls.</summary>
public enum ApiCredential
{
    /// <summary><c>X-Auth-Token</c>: a token of IAM's.</summary>
    Token,

    /// <summary><c>Authorization: SDK-HMAC-SHA256 …</c>: a signature with an access key.</summary>
    Signature,

    /// <summary><c>X-Service-AK</c> and <c>X-Service-ShaAKSK</c>: an access key as the engine's clients send it.</summary>
    KeyHeaders,

    /// <summary><c>Authorization: Bearer …</c>: a token of an account of the engine's own.</summary>
    AccountToken,

    /// <summary><c>Authorization: Basic …</c>: an access key with its login key, as docker sends it.</summary>
    Basic,

    /// <summary><c>Authorization: Bearer …</c>: a token of the registry's own.</summary>
    RegistryToken,
}

/// <summary>The type of a parameter's value.</summary>
public enum ParameterType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>On or off.</summary>
    Flag,
}

/// <summary>What a parameter means. Of a path's parameters those count that the route has.</summary>
public sealed record ParameterMetadata(ParameterPlace Place, string Name, string Description)
{
    /// <summary>Without it the request is refused.</summary>
    public bool IsRequired { get; init; }

    public ParameterType Type { get; init; }
}

/// <summary>What an operation answers when it succeeds.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Description">What it means.</param>
/// <param name="Body">The type of its JSON; null when it has none.</param>
/// <param name="MediaType">What the body is; null for none.</param>
public sealed record AnswerMetadata(int Status, string Description, Type? Body = null, string? MediaType = null);

/// <summary>A header of an answer that the caller needs.</summary>
public sealed record AnswerHeaderMetadata(int Status, string Name, string Description);

/// <summary>The body of a request, where the handler reads it itself.</summary>
/// <param name="Body">The type of its JSON; null where others define what it is.</param>
/// <param name="MediaType">What it is.</param>
public sealed record BodyMetadata(Type? Body, string MediaType = "application/json");

/// <summary>What reads and writes the JSON of an operation; without it the framework's options do.</summary>
public sealed record JsonMetadata(JsonSerializerContext Context);

/// <summary>The credentials that a route takes, where the gateway leaves them to the service.</summary>
public sealed record CredentialsMetadata(IReadOnlyList<ApiCredential> Kinds);

/// <summary>The document that describes a route of no module.</summary>
public sealed record DocumentMetadata(string Name);
