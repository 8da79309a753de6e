using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;
using Stagedoor.Tracing.Admission;
using Stagedoor.Tracing.Model;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// The one place that decides whose spans a request brings, whatever protocol they come by: by a key, by a credential of the gateway, or because it certainly comes from
/// this machine. Any number may ask at a time.
/// </summary>
internal sealed class SenderAdmission(IOptions<TracingOptions> options, OwnProject own, DoorRefusals refusals)
{
    private readonly KeyTable<IngestKeyOptions> _keys = new(options.Value.Keys, static k => k.Key);

    /// <summary>Who sends; else why that is not admitted.</summary>
    public async ValueTask<(Sender? Sender, SenderRefusal? Refusal)> AdmitAsync(HttpContext context)
    {
        var (sender, refusal) = await JudgeAsync(context);
        if (refusal is not null)
        {
            refusal = refusals.Count(context, refusal);
            if (refusal.Decision is { } decision)
            {
                DecisionPath.Of(context).Note(decision);
                return (null, refusal);
            }

            // The protocols of senders have no place for a code, nor for what to change.
            DecisionPath.Of(context).Note(refusal.Explain("Tracing:Keys"));
        }

        return (sender, refusal);
    }

    private async ValueTask<(Sender? Sender, SenderRefusal? Refusal)> JudgeAsync(HttpContext context)
    {
        try
        {
            return await FindAsync(context);
        }
        catch (StorageException e)
        {
            return (null, refusals.Unanswered(e));
        }
    }

    private async ValueTask<(Sender? Sender, SenderRefusal? Refusal)> FindAsync(HttpContext context)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        var shown = ShownKeys.Of(context, takesBasic: false);
        if (_keys.Find(shown.Keys, IsSame, out var differ) is { } known)
        {
            var (sender, refused) = differ ? Refuse(DoorRefusals.Differ) : await OfKeyAsync(known, context.RequestAborted);
            return sender is not null && DoorRefusals.IsOfAnother(slot.Caller, sender.Project) ? Refuse(DoorRefusals.Differ) : (sender, refused);
        }

        if (slot.Caller is { } caller)
        {
            return OfCaller(caller);
        }

        if (slot.RefusedWith is { } refusal)
        {
            return (null, DoorRefusals.Of(refusal));
        }

        if (shown.Keys.Count > 0)
        {
            return Refuse("the key is not known; Tracing:Keys lists those that are");
        }

        if (shown.IsOther)
        {
            return Refuse("Authorization is of a scheme that is not taken here; a key stands there as Bearer KEY");
        }

        return own.FindDoubt(context) is { } doubt
            ? Refuse($"a key is needed: Authorization: Bearer KEY, Authentication: KEY, or the path /k/KEY/…; senders on this machine need none by default, but {doubt}")
            : await OfProjectAsync(null, IngestBinding.None, context.RequestAborted);
    }

    private static (Sender? Sender, SenderRefusal? Refusal) OfCaller(Caller caller) =>
        caller.ProjectId is not { } project ? (null, new(true, "the token is for an account; get one for the project that the spans are of"))
        : caller.IsAccountRoot || TracingModule.Actions.IsAdministeredBy(caller.Roles) ? (new(project, IngestBinding.None), null)
        : (null, new(true, $"sending spans needs the role {TracingModule.Administrator} or {RoleNames.TenantAdministrator} in the project", TracingModule.Administrator, RoleNames.TenantAdministrator));

    private static (Sender? Sender, SenderRefusal? Refusal) Refuse(string reason) => (null, new(false, reason));

    private static bool IsSame(IngestKeyOptions one, IngestKeyOptions other) =>
        string.Equals(one.Project, other.Project, StringComparison.Ordinal)
        && string.Equals(one.MonitorGroup, other.MonitorGroup, StringComparison.Ordinal)
        && string.Equals(one.Application, other.Application, StringComparison.Ordinal);

    private ValueTask<(Sender? Sender, SenderRefusal? Refusal)> OfKeyAsync(IngestKeyOptions key, CancellationToken cancellationToken) =>
        OfProjectAsync(key.Project.Length == 0 ? null : key.Project, new(key.MonitorGroup, key.Application), cancellationToken);

    private async ValueTask<(Sender? Sender, SenderRefusal? Refusal)> OfProjectAsync(string? project, IngestBinding binding, CancellationToken cancellationToken)
    {
        project ??= await own.FindAsync(cancellationToken);
        return project is null ? Refuse("there is no account yet")
            : await refusals.FindClosedAsync(project, cancellationToken) is { } closed ? (null, closed)
            : (new(project, binding), null);
    }
}
