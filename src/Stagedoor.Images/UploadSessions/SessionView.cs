using System.Text.Json.Serialization;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.UploadSessions;

/// <summary>A session that was begun, as the caller sees it.</summary>
internal sealed record BegunSessionView(string SessionId, string Type, string Status, long Offset, string ExpiresAt)
{
    public static BegunSessionView Of(UploadSession session, TimeSpan idle) => new(
        session.Id, session.Type, session.Status, session.Received, WireTime.Of(session.UpdatedAt + (long)idle.TotalMilliseconds));
}

/// <summary>A session, as the caller sees it.</summary>
internal sealed record SessionView(
    string SessionId, string Type, string Status, long Offset, string ExpiresAt, string Namespace, string FileName, SessionErrorView? Error)
{
    public static SessionView Of(UploadSession session, TimeSpan idle)
    {
        var begun = BegunSessionView.Of(session, idle);
        return new(
            begun.SessionId,
            begun.Type,
            begun.Status,
            begun.Offset,
            begun.ExpiresAt,
            session.Organization,
            session.FileName,
            session.ErrorCode.Length == 0 ? null : new(session.ErrorCode, session.ErrorMessage, session.ErrorDetail));
    }
}

/// <summary>Why a session has failed, spelled as errors are.</summary>
internal sealed record SessionErrorView(
    [property: JsonPropertyName("errorCode")] string ErrorCode, [property: JsonPropertyName("errorMessage")] string ErrorMessage, string Detail);
