package models

// Key names a sentence of the message catalogue, which has it in every
// language (package messages).
type Key string

// The sentences that records and services say.
const (
	KeyRequired            Key = "required"
	KeyTooLong             Key = "too_long"             // max, have
	KeyTooShort            Key = "too_short"            // min, have
	KeyControlCharacter    Key = "control_character"    //
	KeyNotInList           Key = "not_in_list"          // value, list
	KeyLevelRange          Key = "level_range"          // value
	KeyPeriodForm          Key = "period_form"          // value
	KeyPeriodMissing       Key = "period_missing"       //
	KeyPeriodBackwards     Key = "period_backwards"     // from, to
	KeyNegative            Key = "negative"             // value
	KeyNotFound            Key = "not_found"            // noun
	KeyForbidden           Key = "forbidden"            //
	KeyUnauthenticated     Key = "unauthenticated"      //
	KeyIllegalStep         Key = "illegal_step"         // noun, state, step, possible
	KeyInvitationGone      Key = "invitation_gone"      //
	KeyInvitationExists    Key = "invitation_exists"    //
	KeyOwnRecord           Key = "own_record"           //
	KeyAlreadyExists       Key = "already_exists"       // noun
	KeyAlreadyAnswered     Key = "already_answered"     //
	KeyClosedBeforeOpened  Key = "closed_before_opened" //
	KeyReasonNeeded        Key = "reason_needed"        //
	KeyAccountNeeded       Key = "account_needed"       // what was done
	KeyTransferOpen        Key = "transfer_open"        //
	KeySameUnit            Key = "same_unit"            //
	KeyNotOwner            Key = "not_owner"            //
	KeyPolicyInvalid       Key = "policy_invalid"       // what
	KeyPolicyLocked        Key = "policy_locked"        // state
	KeyRunActive           Key = "run_active"           //
	KeyRunNotDone          Key = "run_not_done"         // state
	KeyRunStopped          Key = "run_stopped"          //
	KeyReviewNotAssigned   Key = "review_not_assigned"  //
	KeySelfReview          Key = "self_review"          //
	KeyReviewDone          Key = "review_done"          //
	KeyReviewDimensions    Key = "review_dimensions"    //
	KeyRoundClosed         Key = "round_closed"         //
	KeyKeyMissing          Key = "key_missing"          // year, file
	KeyYearSealed          Key = "year_sealed"          // year
	KeyDaySealed           Key = "day_sealed"           // day
	KeyOutsidePeriod       Key = "outside_period"       // from, to
	KeyTooLongAgo          Key = "too_long_ago"         // years
	KeyBadToken            Key = "bad_token"            //
	KeyBadReceipt          Key = "bad_receipt"          //
	KeyBadCursor           Key = "bad_cursor"           //
	KeyBadID               Key = "bad_id"               // value
	KeyPageSize            Key = "page_size"            // max
	KeyTooMuch             Key = "too_much"             //
	KeyRateLimited         Key = "rate_limited"         // seconds
	KeyTimeForm            Key = "time_form"            // value
	KeyDateForm            Key = "date_form"            // value
	KeyFuture              Key = "future"               //
	KeyTooFewToShow        Key = "too_few_to_show"      // threshold
	KeySecondPerson        Key = "second_person"        //
	KeyNoticeTooShort      Key = "notice_too_short"     // days
	KeyIdempotencyMismatch Key = "idempotency_mismatch" //
	KeyFormatUnavailable   Key = "format_unavailable"   // value
	KeyBusy                Key = "database_busy"        //
	KeyBehind              Key = "database_behind"      // command
	KeyImportRefused       Key = "import_refused"       // faults
	KeyImportRaced         Key = "import_raced"         //
	KeyWebhookURL          Key = "webhook_url"          //
	KeyEmailForm           Key = "email_form"           //
	KeyMailOff             Key = "mail_off"             //
	KeyOutOfRange          Key = "out_of_range"         // value, low, high
	KeyOnePlace            Key = "one_place"            //
	KeyTooManyRules        Key = "too_many_rules"       // max
	KeyAreaUsed            Key = "area_used"            //
	KeyAreaCycle           Key = "area_cycle"           //
	KeyMustDecide          Key = "must_decide"          //
	KeyObjectionLate       Key = "objection_late"       //
	KeyNobodyAbove         Key = "nobody_above"         //
	KeyExclusionOpen       Key = "exclusion_open"       //
	KeyAlreadyExtended     Key = "already_extended"     //
	KeyNothingDue          Key = "nothing_due"          //
	KeyJoined              Key = "joined"               //
	KeyNotJoined           Key = "not_joined"           //
	KeyJoinImpossible      Key = "join_impossible"      //
	KeyNoMediation         Key = "no_mediation"         //
	KeyInternal            Key = "internal"             //
)
