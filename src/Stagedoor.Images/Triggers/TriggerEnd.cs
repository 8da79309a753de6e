using Stagedoor.Images.Repositories;
using Stagedoor.Images.Triggers.Webhooks;

namespace Stagedoor.Images.Triggers;

/// <summary>Ends what pushes have set off in a repository or an organization that is gone.</summary>
internal sealed class TriggerEnd(TriggerStore triggers, WebhookStore webhooks) : IRemovalListener
{
    public async Task HearRepositoryAsync(long id, CancellationToken cancellationToken)
    {
        await triggers.StopAllAsync(id, cancellationToken);
        await webhooks.RemoveAsync("repository_id", id, cancellationToken);
    }

    public Task HearOrganizationAsync(long id, CancellationToken cancellationToken) => webhooks.RemoveAsync("organization_id", id, cancellationToken);
}
