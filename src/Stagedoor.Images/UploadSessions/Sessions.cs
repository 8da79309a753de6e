using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.PageUploads;
using Stagedoor.Storage;

namespace Stagedoor.Images.UploadSessions;

/// <summary>Finds sessions for callers, with the checks that operations on one begin with.</summary>
internal sealed class Sessions(
    SessionStore store, OrganizationStore organizations, ContentStore content, TimeProvider clock, IdSource ids, IOptions<PageUploadOptions> options)
{
    /// <summary>How long one may rest.</summary>
    public TimeSpan Idle => TimeSpan.FromHours(options.Value.SessionHours);

    /// <summary>The session of a path, whoever of the account it belongs to.</summary>
    /// <exception cref="ApiException">There is none, or it is another account's.</exception>
    public async Task<UploadSession> OpenAsync(string id, Caller caller, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(id, "D", out var parsed))
        {
            throw ImagesError.InvalidSessionId(id);
        }

        var session = await store.FindAsync(parsed.ToString("D"), Idle, cancellationToken).FaultAs(ImagesCodes.ReadSessionFailed);
        return session is not null && string.Equals(session.DomainId, caller.DomainId, StringComparison.Ordinal) ? session : throw ImagesError.SessionNotFound(id);
    }

    /// <summary>The caller's own session; another user's is as good as none.</summary>
    public async Task<UploadSession> OpenOwnAsync(string id, Caller caller, CancellationToken cancellationToken) =>
        await OpenAsync(id, caller, cancellationToken) is var session && string.Equals(session.UserId, caller.UserId, StringComparison.Ordinal)
            ? session
            : throw ImagesError.SessionNotFound(id);

    /// <summary>The organization of a session that the caller goes on with.</summary>
    /// <param name="session">The session.</param>
    /// <param name="caller">Who goes on.</param>
    /// <param name="isEnding">Whether it is to end: one whose end was begun by a process that died may be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">It is another user's, over, or its organization is gone.</exception>
    public async Task<Organization> BindAsync(UploadSession session, Caller caller, bool isEnding, CancellationToken cancellationToken)
    {
        if (!string.Equals(session.UserId, caller.UserId, StringComparison.Ordinal))
        {
            throw ImagesError.SessionNotBound(session.Id, "it is another user's");
        }

        if (session.Status is not UploadSession.Uploading && !(isEnding && session.Status is UploadSession.Verifying))
        {
            throw ImagesError.SessionNotBound(session.Id, $"its status is {session.Status}");
        }

        var organization = await organizations.FindAsync(session.Organization, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed);
        return organization is not null && organization.Id == session.OrganizationId
            ? organization
            : throw ImagesError.SessionNotBound(session.Id, $"the organization {session.Organization} was deleted");
    }

    /// <summary>The turn at a session.</summary>
    /// <param name="id">The session.</param>
    /// <param name="failed">What it is called that nobody can tell whose turn it is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">Another request has it for too long.</exception>
    public async Task<SessionTurn> TakeTurnAsync(string id, ErrorDefinition failed, CancellationToken cancellationToken) =>
        await SessionTurn.TakeAsync(store, clock, ids, id, cancellationToken).FaultAs(failed) ?? throw ImagesError.SessionBusy(id);

    /// <summary>The staged bytes of a session, which whoever has the turn holds.</summary>
    /// <param name="session">The session.</param>
    /// <param name="failed">What it is called that they cannot be opened.</param>
    /// <param name="missing">What it is called that there are none at all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">They are gone, fewer than were received, or held by a request that has lost its turn.</exception>
    public async Task<IBlobUpload> OpenStagedAsync(UploadSession session, ErrorDefinition failed, ErrorDefinition missing, CancellationToken cancellationToken)
    {
        var (staged, isInUse) = await content.Blobs.OpenUploadAsync(session.StagedId, session.Staged, cancellationToken).FaultAsStore(failed);
        if (isInUse)
        {
            throw ImagesError.SessionBusy(session.Id);
        }

        if (staged is not null && staged.Length == session.Received)
        {
            return staged;
        }

        await (staged?.DisposeAsync() ?? ValueTask.CompletedTask);
        var isThere = await content.Blobs.HoldsUploadAsync(session.StagedId, "", cancellationToken).FaultAsStore(failed);
        throw new ApiException(isThere ? ImagesCodes.SeekFailed : missing, $"session_id={session.Id}, offset={session.Received}");
    }

    /// <summary>Drops what is staged for a session that is over. What cannot be dropped now is dropped by the next round of the reaper.</summary>
    public async Task DropStagedAsync(string id)
    {
        try
        {
            await content.Blobs.DropUploadAsync(new UploadSession { Id = id }.StagedId, CancellationToken.None);
        }
        catch (StorageException)
        {
        }
    }
}
