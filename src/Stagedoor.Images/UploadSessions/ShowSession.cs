using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.UploadSessions;

/// <summary><c>GET /v2/manage/sessions/{session_id}</c>: how far a file has come, or what became of it.</summary>
internal static class ShowSession
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/sessions/{session_id}", HandleAsync)
        .WithName(nameof(ShowSession))
        .WithSummary("Show how far the file of a session has come")
        .Answers<SessionView>(200, "The session.")
        .Action("swr:session:getSession")
        .FaultsAs(ImagesCodes.ReadSessionFailed)
        .CanFail(ImagesCodes.InvalidSessionId, ImagesCodes.SessionNotFound);

    private static async Task<IResult> HandleAsync(string session_id, Caller caller, Sessions sessions, CancellationToken cancellationToken) =>
        TypedResults.Json(SessionView.Of(await sessions.OpenOwnAsync(session_id, caller, cancellationToken), sessions.Idle), UploadSessionsJson.Wire.SessionView);
}
