namespace Stagedoor.Gateway.Why;

/// <summary>What the client signed otherwise than the server reads it: with that changed the signature is right.</summary>
/// <param name="Part">The part of the canonical request, or <c>secret key</c>.</param>
/// <param name="Ours">What the server computes.</param>
/// <param name="Signed">What was signed.</param>
/// <param name="Change">What to change, as a clause that goes on behind the key's name.</param>
internal sealed record SignatureFinding(string Part, string Ours, string Signed, string Change);

/// <summary>One usual mistake, tried on a request: what it puts in the place of the parts of the canonical request.</summary>
internal sealed record SignatureMistake(string Part, string Ours, string Signed, string Change)
{
    public string? Method { get; init; }

    public string? Path { get; init; }

    public string? Query { get; init; }

    /// <summary>The lines of the headers, each with its end.</summary>
    public string? Headers { get; init; }

    public string? Names { get; init; }

    public string? Payload { get; init; }

    /// <summary>The date of the string to sign.</summary>
    public string? Date { get; init; }

    /// <summary>The secret key.</summary>
    public string? Secret { get; init; }

    /// <summary>Both at once; of the same part the second one counts.</summary>
    public SignatureMistake And(SignatureMistake other) => this with
    {
        Method = other.Method ?? Method,
        Path = other.Path ?? Path,
        Query = other.Query ?? Query,
        Headers = other.Headers ?? Headers,
        Names = other.Names ?? Names,
        Payload = other.Payload ?? Payload,
        Date = other.Date ?? Date,
        Secret = other.Secret ?? Secret,
    };
}
