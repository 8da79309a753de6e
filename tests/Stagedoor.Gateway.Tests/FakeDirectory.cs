using System.Net;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Tests;

/// <summary>A directory of one user with one key, for tests of the pipeline alone.</summary>
internal sealed class FakeDirectory : IIdentities, ICallers
{
    public const string AccessKey = "STAGEDOOREXAMPLEAK01";

    public const string SecretKey = "stagedoorExampleSecretKey0123456789abcdE";

    public const string DefaultProject = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

    public const string OtherProject = "1a1b2c3d4e5f60718293a4b5c6d7e8f9";

    public const string DisabledProject = "2a1b2c3d4e5f60718293a4b5c6d7e8f9";

    public const string ForeignProject = "3a1b2c3d4e5f60718293a4b5c6d7e8f9";

    public string Region => "cn-local-1";

    public bool IsDown { get; set; }

    public bool KeyIsActive { get; set; } = true;

    public bool IsRoot { get; set; }

    public IReadOnlyList<string> Roles { get; set; } = [RoleNames.TenantAdministrator];

    public ValueTask<AccessKeyRecord?> FindAccessKeyAsync(string accessKey, CancellationToken cancellationToken)
    {
        ThrowWhenDown();
        var isKnown = string.Equals(accessKey, AccessKey, StringComparison.Ordinal);
        return ValueTask.FromResult(isKnown ? new AccessKeyRecord(AccessKey, SecretKey, "user-1", KeyIsActive) : null);
    }

    public ValueTask<IdentityResult> ResolveAsync(
        string userId, string? project, AuthenticationMethod method, string? accessKey, IPAddress? address, CancellationToken cancellationToken)
    {
        ThrowWhenDown();
        return ValueTask.FromResult(project switch
        {
            null or DefaultProject or OtherProject => new IdentityResult(IdentityState.Valid, Caller(project ?? DefaultProject, method, accessKey)),
            DisabledProject => new(IdentityState.ProjectUnavailable, null),
            _ => new IdentityResult(IdentityState.ForeignProject, null),
        });
    }

    public ValueTask<IdentityResult> CheckTokenAsync(string token, IPAddress? address, CancellationToken cancellationToken)
    {
        ThrowWhenDown();
        return ValueTask.FromResult(token switch
        {
            "good" => new IdentityResult(IdentityState.Valid, Caller(DefaultProject, AuthenticationMethod.Token, null)),
            "expired" => new(IdentityState.MustBeUpdated, null),
            "disabled" => new(IdentityState.ProjectUnavailable, null),
            _ => new IdentityResult(IdentityState.Unverifiable, null),
        });
    }

    public ValueTask<Caller?> FindOwnerAsync(AccessKeyRecord key, CancellationToken cancellationToken)
    {
        ThrowWhenDown();
        return ValueTask.FromResult<Caller?>(Caller(DefaultProject, AuthenticationMethod.Signature, key.AccessKey));
    }

    public ValueTask<Caller?> FindAgainAsync(string userId, string? projectId, string credential, IPAddress? address, CancellationToken cancellationToken)
    {
        ThrowWhenDown();
        return ValueTask.FromResult<Caller?>(KeyIsActive ? Caller(projectId ?? DefaultProject, AuthenticationMethod.Token, null) : null);
    }

    public bool Admits(Caller caller, IPAddress? address) => true;

    public void Touch(string accessKey)
    {
    }

    private Caller Caller(string projectId, AuthenticationMethod method, string? accessKey) => new()
    {
        UserId = "user-1",
        UserName = "alice",
        DomainId = "domain-1",
        DomainName = "acme",
        ProjectId = projectId,
        Roles = Roles,
        AccountRoles = Roles,
        IsAccountRoot = IsRoot,
        Method = method,
        AccessKey = accessKey,
    };

    private void ThrowWhenDown()
    {
        if (IsDown)
        {
            throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "The identity database is down.");
        }
    }
}
