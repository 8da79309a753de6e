namespace Stagedoor.Iam.Projects;

/// <summary>Whether a project, and the account that it is of, are switched on.</summary>
internal sealed record ProjectStanding
{
    public required bool Enabled { get; init; }

    public required bool DomainEnabled { get; init; }

    /// <summary>Whether both are.</summary>
    public bool IsOpen => Enabled && DomainEnabled;
}
