namespace Stagedoor;

/// <summary>How a caller proved who it is.</summary>
public enum AuthenticationMethod
{
    /// <summary>An <c>X-Auth-Token</c>.</summary>
    Token,

    /// <summary>A request signed with a permanent access key.</summary>
    Signature,

    /// <summary>A registry login: <c>{project}@{AK}</c> with its derived key.</summary>
    RegistryLogin,
}
