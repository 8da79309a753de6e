namespace Stagedoor.Iam;

/// <summary>Everything that opens a new account, in the clear; it can be shown this once.</summary>
/// <remarks>No record: its text would show the secrets.</remarks>
public sealed class FirstRunCredentials
{
    /// <summary>The account's name.</summary>
    public required string Domain { get; init; }

    public required string DomainId { get; init; }

    /// <summary>The default project's name, which is the region's id.</summary>
    public required string Project { get; init; }

    public required string ProjectId { get; init; }

    /// <summary>The root user's name.</summary>
    public required string User { get; init; }

    public required string UserId { get; init; }

    public required string Password { get; init; }

    public required string AccessKey { get; init; }

    public required string SecretKey { get; init; }

    /// <summary>The user name of registry logins: <c>{project}@{AK}</c>.</summary>
    public string RegistryUser => $"{Project}@{AccessKey}";

    /// <summary>The password of registry logins.</summary>
    public string RegistryKey => LoginKey.Compute(AccessKey, SecretKey);
}

/// <summary>An account as the operator's commands list it.</summary>
public sealed record AccountSummary(string Id, string Name, bool Enabled, DateTimeOffset CreatedAt);
