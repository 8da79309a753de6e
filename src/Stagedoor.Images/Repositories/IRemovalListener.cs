namespace Stagedoor.Images.Repositories;

/// <summary>
/// Hears that a repository or an organization is gone, before whoever deleted it is told: what goes on for it by itself ends here. What is not done because
/// the process ends is done by those who look for rows without an owner.
/// </summary>
internal interface IRemovalListener
{
    Task HearRepositoryAsync(long id, CancellationToken cancellationToken);

    Task HearOrganizationAsync(long id, CancellationToken cancellationToken);
}
