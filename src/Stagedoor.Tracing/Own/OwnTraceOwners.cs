using Stagedoor.Storage;

namespace Stagedoor.Tracing.Own;

/// <summary>Whose a request's trace is: the project of whoever called; the default project of the account, when the call was for no project, or when it was refused and names a key of the account; else the operator's.</summary>
internal sealed class OwnTraceOwners(IOperatorAccount operators, IAccountProjects projects, IIdentities identities)
{
    private string? _operators;

    /// <summary>The project; null when there is no account yet.</summary>
    /// <exception cref="StorageException">Identity management does not answer.</exception>
    public async ValueTask<string?> FindProjectAsync(RecordedSpan span, CancellationToken cancellationToken)
    {
        if (span.Project is not null)
        {
            return span.Project;
        }

        var domain = span.Domain;
        if (domain is null && span.AccessKey is { } name && await identities.FindAccessKeyAsync(name, cancellationToken) is { } key)
        {
            domain = (await identities.FindOwnerAsync(key, cancellationToken))?.DomainId;
        }

        if (domain is not null && await projects.FindDefaultIdAsync(domain, cancellationToken) is { } its)
        {
            return its;
        }

        // That of the first account never changes.
        return _operators ??= await operators.FindProjectAsync(cancellationToken);
    }
}
