using Stagedoor.Storage;

namespace Stagedoor.Tracing.Own;

/// <summary>Whose a request's trace is: the project of whoever called; the default project of the account, when the call was for no project; else the operator's.</summary>
internal sealed class OwnTraceOwners(IOperatorAccount operators, IAccountProjects projects)
{
    private string? _operators;

    /// <summary>The project; null when there is no account yet.</summary>
    /// <exception cref="StorageException">Identity management does not answer.</exception>
    public async ValueTask<string?> FindProjectAsync(string? project, string? domain, CancellationToken cancellationToken)
    {
        if (project is not null)
        {
            return project;
        }

        if (domain is not null && await projects.FindDefaultIdAsync(domain, cancellationToken) is { } its)
        {
            return its;
        }

        // That of the first account never changes.
        return _operators ??= await operators.FindProjectAsync(cancellationToken);
    }
}
