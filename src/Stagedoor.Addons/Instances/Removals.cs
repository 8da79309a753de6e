using Stagedoor.Addons.Templates;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>Begins removals.</summary>
internal sealed class Removals(InstanceStore instances, TemplateStore templates)
{
    // Another request may have come in between, which may be one that this one goes well with.
    private const int MaxTries = 5;

    /// <summary>Begins to remove an instance, or forgets it; answers it as it is then.</summary>
    /// <exception cref="ApiException">Others require it, or something else is under way.</exception>
    public async Task<Instance> BeginAsync(Instance seen, bool forgets, bool isForced, string actor, CancellationToken cancellationToken)
    {
        var rules = isForced ? null : new AddonRules(await templates.ListRulesAsync(seen.DomainId, cancellationToken));
        for (var tries = 1; ; tries++)
        {
            if (!forgets && seen.Status is InstanceStatus.Deleting)
            {
                return seen;
            }

            if (!forgets && seen.Operation is InstanceOperation.Upgrade or InstanceOperation.Rollback)
            {
                throw AddonsError.Busy($"{seen.Template} is {seen.Status}");
            }

            var next = seen.ToDelete(actor);
            var begun = forgets
                ? await instances.ForgetAsync(seen, Refuse, cancellationToken)
                : await instances.BeginAsync(seen, next, Refuse, cancellationToken);
            switch (begun.Outcome)
            {
                case BegunOutcome.Begun:
                    return forgets ? next : begun.Instance!;
                case BegunOutcome.Refused:
                    throw new ApiException(AddonsCodes.ClusterNotSupported, begun.Message);
                case BegunOutcome.ClusterGone or BegunOutcome.Gone:
                    throw AddonsError.InstanceNotFound(seen.Id);
                default:
                    if (tries == MaxTries)
                    {
                        throw AddonsError.Busy($"{seen.Template} is changed by others all the time");
                    }

                    seen = await instances.FindAsync(seen.ProjectId, seen.Id, cancellationToken) ?? throw AddonsError.InstanceNotFound(seen.Id);
                    break;
            }
        }

        string? Refuse(IReadOnlyList<Instance> installed, IReadOnlyList<AddonVersion> versions) => rules?.With(versions).FindProblemWithout(seen, installed);
    }
}
