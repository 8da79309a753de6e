namespace Stagedoor.Images;

/// <summary>The body <c>{}</c> of a creation that has nothing to say. Never <c>null</c>: one of the SDKs fails on it.</summary>
internal sealed record Empty
{
    public static Empty Value { get; } = new();
}
