namespace Stagedoor.Commands;

/// <summary>What a verb ends with, for scripts. docs/access.md lists them.</summary>
internal static class ExitCode
{
    internal const int Success = 0;

    /// <summary>It was refused, or failed, for a reason that no other number stands for.</summary>
    internal const int Failure = 1;

    /// <summary>The line cannot be used as it is written, or says too little.</summary>
    internal const int Usage = 2;

    /// <summary>No server answers, or what answers is none.</summary>
    internal const int Unreachable = 3;

    /// <summary>The server does not know who asks: a wrong key, password or token, or a locked one.</summary>
    internal const int NotAuthenticated = 4;

    /// <summary>Who asks may not.</summary>
    internal const int Forbidden = 5;

    internal const int NotFound = 6;

    /// <summary>It is there already, or is in use.</summary>
    internal const int Conflict = 7;
}
