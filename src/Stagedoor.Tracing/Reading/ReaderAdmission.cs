using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;
using Stagedoor.Tracing.Admission;
using Stagedoor.Tracing.Ingest;

namespace Stagedoor.Tracing.Reading;

/// <summary>
/// The one place that decides whose traces a request of a reader is answered from, whatever protocol it speaks: by a read key, by a credential of the gateway, or because it
/// certainly comes from this machine. A project in the path is only ever the one that is admitted anyway. Any number may ask at a time.
/// </summary>
internal sealed class ReaderAdmission(IOptions<TracingOptions> options, OwnProject own, DoorRefusals refusals)
{
    /// <summary>What a path begins with that names the project itself.</summary>
    public const string PathParameter = "project_id";

    private readonly KeyTable<ReadKeyOptions> _keys = new(options.Value.ReadKeys, static k => k.Key);

    /// <summary>Whose traces are read; else why nobody's.</summary>
    public async ValueTask<(string? Project, SenderRefusal? Refusal)> AdmitAsync(HttpContext context)
    {
        var (project, refusal) = await JudgeAsync(context);
        if (project is not null && context.Request.RouteValues[PathParameter] is string asked && !string.Equals(asked, project, StringComparison.Ordinal))
        {
            (project, refusal) = (null, new(true, "the credential is not for the project that the path names"));
        }
        else if (refusal is not null)
        {
            refusal = refusals.Count(context, refusal);
        }

        if (refusal is not null)
        {
            DecisionPath.Of(context).Note(refusal.Decision ?? refusal.Explain("Tracing:ReadKeys"));
        }

        return (project, refusal);
    }

    private async ValueTask<(string? Project, SenderRefusal? Refusal)> JudgeAsync(HttpContext context)
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

    private async ValueTask<(string? Project, SenderRefusal? Refusal)> FindAsync(HttpContext context)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        var shown = ShownKeys.Of(context, takesBasic: true);
        if (_keys.Find(shown.Keys, static (one, other) => string.Equals(one.Project, other.Project, StringComparison.Ordinal), out var differ) is { } known)
        {
            var (project, refused) = differ ? (null, new(false, DoorRefusals.Differ)) : await OfProjectAsync(known.Project, context.RequestAborted);
            return project is not null && DoorRefusals.IsOfAnother(slot.Caller, project) ? (null, new(false, DoorRefusals.Differ)) : (project, refused);
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
            return (null, new(false, "the key is not known; Tracing:ReadKeys lists those that are"));
        }

        if (shown.IsOther)
        {
            return (null, new(false, "Authorization is of a scheme that is not taken here; a key stands there as Bearer KEY, or as the password of basic authentication"));
        }

        return own.FindDoubt(context) is { } doubt
            ? (null, new(false, $"a key is needed: Authorization: Bearer KEY, or KEY as the password of basic authentication; Tracing:ReadKeys lists them; readers on this machine need none by default, but {doubt}"))
            : await OfProjectAsync("", context.RequestAborted);
    }

    private static (string? Project, SenderRefusal? Refusal) OfCaller(Caller caller) =>
        caller.ProjectId is not { } project ? (null, new(true, "the token is for an account; get one for the project whose traces are read"))
        : caller.IsAccountRoot || TracingModule.Actions.IsAdministeredBy(caller.Roles) || TracingModule.Actions.IsReadBy(caller.Roles) ? (project, null)
        : (null, new(true, $"reading traces needs the role {TracingModule.Reader}, {TracingModule.Administrator}, {RoleNames.TenantGuest} or {RoleNames.TenantAdministrator} in the project", TracingModule.Reader, RoleNames.TenantGuest, TracingModule.Administrator, RoleNames.TenantAdministrator));

    private async ValueTask<(string? Project, SenderRefusal? Refusal)> OfProjectAsync(string project, CancellationToken cancellationToken) =>
        (project.Length > 0 ? project : await own.FindAsync(cancellationToken)) is not { } found ? (null, new(false, "there is no account yet"))
        : await refusals.FindClosedAsync(found, cancellationToken) is { } closed ? (null, closed)
        : (found, null);
}
