namespace Stagedoor.Identity;

/// <summary>What became of a login with a password.</summary>
public enum LoginResult
{
    Right,
    Wrong,

    /// <summary>Wrong, and one of so many from all networks together that it is worth a record.</summary>
    WrongOften,

    Locked,

    /// <summary>Too many are being checked.</summary>
    Busy,
}
