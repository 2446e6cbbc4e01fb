/* How long the pieces of the simulated hand's motion last, seconds. */
#ifndef SIM_MOTION_H
#define SIM_MOTION_H

#define SIM_TRAVEL_S 2.0   /* through the air to above the entry edge */
#define SIM_APPROACH_S 1.2 /* down to just above the bone */
#define SIM_CONTACT_S 0.8  /* onto the bone */
#define SIM_DWELL_S 0.5    /* at full depth */
#define SIM_RETREAT_S 1.5  /* back out */

#endif
