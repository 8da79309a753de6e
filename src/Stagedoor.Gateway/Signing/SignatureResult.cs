namespace Stagedoor.Gateway.Signing;

/// <summary>How a verification ended.</summary>
internal enum SignatureStatus
{
    Ok,

    /// <summary>The signature is not the one of this request and key.</summary>
    Mismatch,

    /// <summary>Signed too long ago, or too far in the future.</summary>
    Expired,

    /// <summary>The signing date is absent, unsigned or unreadable.</summary>
    InvalidDate,

    /// <summary>A derived key for another day, region or service.</summary>
    InvalidScope,

    /// <summary>A security token that is not part of the signature.</summary>
    UnsignedSecurityToken,

    /// <summary>There is no such access key.</summary>
    UnknownKey,
}

/// <summary>The outcome of a verification.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Detail">What the caller is told; empty when the signature is right.</param>
internal readonly record struct SignatureResult(SignatureStatus Status, string Detail)
{
    public static readonly SignatureResult Ok = new(SignatureStatus.Ok, "");

    public bool IsOk => Status == SignatureStatus.Ok;
}
