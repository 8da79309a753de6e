namespace Stagedoor.Gateway.Signing;

/// <summary>What a route accepts of a signature.</summary>
internal sealed record SigningRules
{
    /// <summary>How far the signing date may be from the server's clock, in both directions.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The regions that a derived key may be for, besides <see cref="CredentialScope.Global"/>.</summary>
    public IReadOnlyCollection<string> Regions { get; init; } = [];

    /// <summary>The services that a derived key may be for; null takes any.</summary>
    public IReadOnlyCollection<string>? Services { get; init; }

    /// <summary>Whether a signature of <c>a/b</c> is good for what is sent as <c>a%2Fb</c>.</summary>
    public bool AllowWholePath { get; init; } = true;

    /// <summary>Whether the body may stay out of the signature.</summary>
    public bool AllowUnsignedPayload { get; init; } = true;
}
