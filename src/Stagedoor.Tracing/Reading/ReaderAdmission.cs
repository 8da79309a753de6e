using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
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

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    private readonly KeyTable<ReadKeyOptions> _keys = new(options.Value.ReadKeys, static k => k.Key);

    /// <summary>Whose traces are read; else why nobody's.</summary>
    public async ValueTask<(string? Project, SenderRefusal? Refusal)> AdmitAsync(HttpContext context)
    {
        var (project, refusal) = await JudgeAsync(context);
        return project is null || context.Request.RouteValues[PathParameter] is not string asked || string.Equals(asked, project, StringComparison.Ordinal)
            ? (project, refusal is null ? null : refusals.Count(context, refusal))
            : (null, new(true, "the credential is not for the project that the path names"));
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
        if (KeyOf(context) is { } key)
        {
            return _keys.Find(key) is { } known ? await OfProjectAsync(known.Project, context.RequestAborted)
                : slot.Caller is null ? (null, new(false, "the key is not known; Tracing:ReadKeys lists those that are"))
                : OfCaller(slot.Caller);
        }

        if (slot.Caller is { } caller)
        {
            return OfCaller(caller);
        }

        if (slot.RefusedWith is { } refusal)
        {
            return (null, DoorRefusals.Of(refusal));
        }

        return own.Admits(context)
            ? await OfProjectAsync("", context.RequestAborted)
            : (null, new(false, "a key is needed: Authorization: Bearer KEY, or KEY as the password of basic authentication; Tracing:ReadKeys lists them; readers on this machine need none by default"));
    }

    private static (string? Project, SenderRefusal? Refusal) OfCaller(Caller caller) =>
        caller.ProjectId is not { } project ? (null, new(true, "the token is for an account; get one for the project whose traces are read"))
        : caller.IsAccountRoot || TracingModule.Actions.IsAdministeredBy(caller.Roles) || TracingModule.Actions.IsReadBy(caller.Roles) ? (project, null)
        : (null, new(true, $"reading traces needs the role {TracingModule.Reader}, {TracingModule.Administrator}, {RoleNames.TenantGuest} or {RoleNames.TenantAdministrator} in the project"));

    private static string? KeyOf(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim()
            : authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) ? PasswordOf(authorization[Basic.Length..].Trim())
            : null;
    }

    // What is no base64, or has no colon, is no key that is known.
    private static string PasswordOf(string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
        {
            return "";
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }

    private async ValueTask<(string? Project, SenderRefusal? Refusal)> OfProjectAsync(string project, CancellationToken cancellationToken) =>
        (project.Length > 0 ? project : await own.FindAsync(cancellationToken)) is { } found ? (found, null) : (null, new(false, "there is no account yet"));
}
