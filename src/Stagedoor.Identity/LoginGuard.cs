namespace Stagedoor.Identity;

/// <summary>
/// Checks passwords, at whichever door they come: nobody is tried while locked, those of one subject go one after the other, a user that does not
/// exist is counted, locked and paid for like one that does, and a wrong password is counted before the next is tried.
/// </summary>
public sealed class LoginGuard(LoginRoom room, PasswordHashing hashing)
{
    /// <summary>Checks a password, and counts what became of it.</summary>
    /// <param name="attempt">Whose password is tried.</param>
    /// <param name="password">The password.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<LoginResult> CheckAsync(ILoginAttempt attempt, string password, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        var checkedOne = await room.EnterAsync(
            attempt.Subject, attempt.Network, async () => new Checked(await TryAsync(attempt, password, cancellationToken)), cancellationToken);
        return checkedOne?.Result ?? LoginResult.Busy;
    }

    private async Task<LoginResult> TryAsync(ILoginAttempt attempt, string password, CancellationToken cancellationToken)
    {
        if (await attempt.IsLockedAsync(cancellationToken))
        {
            return LoginResult.Locked;
        }

        if (await hashing.VerifyAsync(password, attempt.FindHash(), attempt.Network, cancellationToken) && await attempt.SucceedAsync(cancellationToken))
        {
            return LoginResult.Right;
        }

        return await attempt.FailAsync(cancellationToken) ? LoginResult.WrongOften : LoginResult.Wrong;
    }

    private sealed record Checked(LoginResult Result);
}
