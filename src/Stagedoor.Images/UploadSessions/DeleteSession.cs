using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.UploadSessions;

/// <summary><c>DELETE /v2/manage/sessions/{session_id}</c>: drops the session with what has come of its file.</summary>
internal static class DeleteSession
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/sessions/{session_id}", HandleAsync)
        .WithName(nameof(DeleteSession))
        .WithSummary("Drop a session with what has come of its file")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:session:deleteSession")
        .Audit("deleteSession", "session")
        .FaultsAs(ImagesCodes.ReclaimSessionFailed)
        .CanFail(ImagesCodes.InvalidSessionId, ImagesCodes.SessionNotFound, ImagesCodes.ReadSessionFailed, ImagesCodes.SystemBusy);

    private static async Task<IResult> HandleAsync(
        string session_id, Caller caller, Sessions sessions, SessionStore store, ContentStore content, CancellationToken cancellationToken)
    {
        var session = await sessions.OpenOwnAsync(session_id, caller, cancellationToken);
        await using var turn = await sessions.TakeTurnAsync(session.Id, ImagesCodes.ReclaimSessionFailed, cancellationToken);

        // The bytes first: what is left of them after a fault can be dropped by the next try.
        await content.Blobs.DropUploadAsync(session.StagedId, cancellationToken);
        return await store.RemoveAsync(session.Id, cancellationToken) ? TypedResults.NoContent() : ImagesError.SessionNotFound(session_id);
    }
}
