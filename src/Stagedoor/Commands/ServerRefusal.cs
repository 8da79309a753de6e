using Stagedoor.Errors;

namespace Stagedoor.Commands;

/// <summary>A running server has answered with an error.</summary>
internal sealed class ServerRefusal(string message, int status, string code) : CommandException(message, ExitCodeOf(status, code))
{
    // An object of another account: the caller is known well enough.
    private const string CrossAccount = "SVCSTG.SWR.4011064";

    /// <summary>The HTTP status.</summary>
    internal int Status => status;

    /// <summary>The error's code; empty when there is none.</summary>
    internal string Code => code;

    /// <summary>A route that this program knows and the server does not.</summary>
    internal bool IsUnknownOperation { get; } = IsUnknown(code);

    private static bool IsUnknown(string code) =>
        string.Equals(code, GatewayCodes.ApiNotFound.Code, StringComparison.Ordinal) || string.Equals(code, ImagesCodes.UrlNotFound.Code, StringComparison.Ordinal);

    private static int ExitCodeOf(int status, string code) => status switch
    {
        _ when IsUnknown(code) => Commands.ExitCode.Failure,
        401 when code is CrossAccount => Commands.ExitCode.Forbidden,
        401 => Commands.ExitCode.NotAuthenticated,
        403 => Commands.ExitCode.Forbidden,
        404 => Commands.ExitCode.NotFound,
        409 or 406 => Commands.ExitCode.Conflict,
        _ => Commands.ExitCode.Failure,
    };
}
